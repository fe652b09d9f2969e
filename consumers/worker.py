"""The batch runtime: one worker of a consumer group.

Take a batch, prepare it, and in one Postgres transaction move its offsets and apply it. What Kafka's group says is only a hint
about who reads what: the stored offsets decide. A worker that lost a partition without knowing fails its compare-and-set and goes
on from what is stored; a worker that dies leaves nothing half done. Offsets go to Kafka as well, for lag tools only.

Modelled on the semantics that arroyo, snuba and quixstreams settled on: offsets strict, work before the commit droppable, and a
partition that stops rather than lies.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import psycopg
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from psycopg import Connection

from consumers.batch import Batch
from consumers.errors import OffsetConflictError
from consumers.group import AssignmentBook
from consumers.intake import BatchSize, Intake
from consumers.measuring import measure_batch, measure_lag
from consumers.offsets import OffsetRange, move_offsets
from consumers.service import Prepared, ReconcileService
from consumers.stream_pass import Applied
from reconduit.errors import ReconduitError
from reconduit.faultpoint import faultpoint

__all__ = ["Service", "Worker"]

log = structlog.get_logger()

_LONGEST_WAIT_SECONDS = 10
_IDLE_LOOK_SECONDS = 1
_SOURCES_SECONDS = 5
"""Between two looks for sources that came or went."""
_RETRYABLE = (
    psycopg.OperationalError,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.SerializationFailure,
    psycopg.InterfaceError,
)


Starts = Mapping[tuple[str, int], int]
"""Stored offset that a batch goes on from, by topic and partition."""


class Service(Protocol):
    """What a worker needs of the service that it runs; `consumers.service.ReconcileService` is one."""

    @property
    def topics(self) -> list[str]:
        """Topics to read."""
        ...

    def start(self, connection: Connection[Any]) -> None:
        """Called once per database connection."""
        ...

    def refresh(self, connection: Connection[Any]) -> bool:
        """Look for sources that came or went, between batches; True when `topics` are others than before."""
        ...

    def prepare(self, batch: Batch) -> Prepared:
        """Everything before the transaction; may be thrown away."""
        ...

    def refuse(self, batch: Batch, detail: str) -> Prepared:
        """A batch of one message that the database does not take."""
        ...

    def ensure_sources(self, connection: Connection[Any], prepared: Prepared) -> None:
        """What must be committed before the batch's transaction."""
        ...

    def apply(self, connection: Connection[Any], prepared: Prepared) -> Applied:
        """Store the batch in the open transaction."""
        ...


class Worker:
    """Runs a service over its topics until told to stop."""

    def __init__(
        self,
        consumer: Consumer,
        connect: Callable[[], Connection[Any]],
        service: Service | ReconcileService,
        group: str,
        *,
        size: BatchSize | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make a worker.

        Args:
            consumer: with auto-commit off and `auto.offset.reset=error` (`consumers.group.consumer_settings`).
            connect: opens a Postgres connection; called again after it is lost.
            service: what to do with batches.
            group: consumer group, also the key of the stored offsets.
            size: when a batch is full.
            stopping: asked between steps; True ends the worker after the batch in hand.
        """
        self._consumer = consumer
        self._connect = connect
        self._service = service
        self._stopping = stopping
        self._connection: Connection[Any] | None = None
        self._book = AssignmentBook(consumer, group, self._database)
        self._group = group
        self._next_look = 0.0
        self._sources_at = 0.0
        self._intake = Intake(consumer, size or BatchSize(), on_partition_error=self._on_partition_error, stopping=stopping)

    @property
    def halted(self) -> Mapping[tuple[str, int], str]:
        """Partitions in hand that have stopped, and why."""
        return self._book.halted

    def run(self) -> None:
        """Work until `stopping`, then leave the group. Every batch is either applied whole or not at all.

        Raises:
            KafkaException: the broker refuses us for good (authorisation, unsupported feature).
        """
        self._service.refresh(self._database())
        self._subscribe()
        try:
            while not self._stopping():
                self._follow_sources()
                batch = self._book.owned(self._intake.fill())
                if len(batch):
                    faultpoint("consumer-polled")
                    self._process(batch, self._book.starts_of(batch))
                else:
                    self._look_around()
        finally:
            self._consumer.close()
            if self._connection is not None:
                self._connection.close()

    def _subscribe(self) -> None:
        """Ask the group for the topics of the service; partitions that it has already stay with it."""
        topics = self._service.topics
        log.info("subscribed", topics=len(topics))
        if topics:
            book = self._book
            self._consumer.subscribe(topics, on_assign=book.on_assign, on_revoke=book.on_revoke, on_lost=book.on_revoke)
        else:
            # Integrations are still to be made; a subscription to nothing is an error to the client.
            self._consumer.unsubscribe()

    def _follow_sources(self) -> None:
        """Now and then read the topics of sources that came since; nothing is in hand here, so partitions may move."""
        now = time.monotonic()
        if now < self._sources_at:
            return
        self._sources_at = now + _SOURCES_SECONDS
        try:
            if self._service.refresh(self._database()):
                self._subscribe()
        except _RETRYABLE as error:
            log.warning("sources_not_read", error=type(error).__name__, detail=str(error).strip())
            self._rollback()

    def _process(self, batch: Batch, starts: Starts) -> None:
        """Apply a batch, as often as it takes; give it up only when its partitions are somebody else's.

        `starts` are from when the batch was taken: while we wait between attempts its partitions may leave and come back.
        """
        attempt = 0
        while not self._stopping():
            try:
                self._apply(batch, starts)
            except OffsetConflictError as error:
                log.warning("offset_conflict", detail=str(error))
                self._rollback()
                self._book.resync()
                return
            except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
                self._rollback()
                self._narrow(batch, starts, error)
                return
            except (*_RETRYABLE, ReconduitError) as error:
                if isinstance(error, ReconduitError) and not error.retryable:
                    raise
                attempt += 1
                log.warning("batch_retry", attempt=attempt, error=type(error).__name__, detail=str(error).strip())
                self._rollback()
                self._wait(attempt)
            else:
                return

    def _apply(self, batch: Batch, starts: Starts) -> None:
        started = time.monotonic()
        prepared = self._service.prepare(batch)
        if prepared.halted:
            for topic, partition in prepared.halted:
                self._book.halt(topic, partition, "too many messages in a row are bad; look at quarantine's newest reasons")
            rest = batch.without(prepared.halted)
            if len(rest):
                self._apply(rest, starts)
            return
        self._commit(batch, starts, prepared, started)

    def _narrow(self, batch: Batch, starts: Starts, error: psycopg.Error) -> None:
        """The database refuses a value that every check let through: find the message by halving, and quarantine it alone."""
        if len(batch) > 1:
            first, second = batch.halves()
            self._process(first, starts)
            self._process(second, {**starts, **first.ends})
            return
        log.error("message_refused", position=batch.position(0), error=type(error).__name__, detail=str(error).strip())
        self._commit(batch, starts, self._service.refuse(batch, f"{type(error).__name__}: {error}".strip()), time.monotonic())

    def _commit(self, batch: Batch, starts: Starts, prepared: Prepared, started: float) -> None:
        """Offsets and results, in one transaction."""
        connection = self._database()
        self._service.ensure_sources(connection, prepared)
        moves = [OffsetRange(topic, partition, starts[topic, partition], end) for (topic, partition), end in batch.ends.items()]
        move_offsets(connection, self._group, moves)
        faultpoint("consumer-in-transaction")
        applied = self._service.apply(connection, prepared)
        faultpoint("consumer-before-commit")
        connection.commit()
        faultpoint("consumer-committed")
        self._book.advance(batch.ends)
        self._tell_kafka(batch)
        self._measure(prepared, applied, len(batch), time.monotonic() - started)

    def _look_around(self) -> None:
        """With nothing to do, look now and then whether the stored offsets are still ours."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _IDLE_LOOK_SECONDS
        try:
            self._book.follow()
        except psycopg.OperationalError as error:
            # The next look comes soon, and a batch would wait for the database by itself.
            log.warning("database_away", error=type(error).__name__, detail=str(error).strip())

    def _tell_kafka(self, batch: Batch) -> None:
        offsets = [TopicPartition(topic, partition, end) for (topic, partition), end in batch.ends.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            # Advisory only: lag tools read it, we never do.
            log.info("kafka_commit_refused", error=str(error))

    def _measure(self, prepared: Prepared, applied: Applied, records: int, seconds: float) -> None:
        measure_batch(prepared, applied, records, seconds)
        measure_lag(self._consumer, prepared.batch.ends)
        log.info(
            "batch",
            records=records,
            stored=applied.stored,
            duplicates=applied.duplicates,
            quarantined=len(prepared.rejected),
            milliseconds=round(seconds * 1000),
        )

    def _on_partition_error(self, topic: str, partition: int, error: KafkaError) -> None:
        self._book.halt(topic, partition, f"{error.name()}: {error.str()}")

    def _database(self) -> Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._service.start(self._connection)
        return self._connection

    def _rollback(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.rollback()
        except psycopg.Error:
            self._connection.close()

    def _wait(self, attempt: int) -> None:
        """Back off with full jitter, paused but polling, so that the group does not take our partitions for dead."""
        seconds = random.uniform(0, min(_LONGEST_WAIT_SECONDS, 0.05 * 2**attempt))  # noqa: S311
        deadline = time.monotonic() + seconds
        with self._book.paused():
            while time.monotonic() < deadline and not self._stopping():
                message = self._consumer.poll(min(0.2, max(0.0, deadline - time.monotonic())))
                if message is not None and message.error() is None:
                    self._put_back(message)

    def _put_back(self, message: Message) -> None:
        """Read a message again that slipped out before a pause took hold."""
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None and partition is not None and offset is not None  # only errors lack them
        self._consumer.seek(TopicPartition(topic, partition, offset))
