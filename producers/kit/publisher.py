"""A page's records to Kafka: every one confirmed by all in-sync replicas, or the page counts as not published."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from producers.errors import PublishError
from producers.kit.auth.envelope import Address, new_traceparent, statement_address, transaction_address
from producers.kit.contract import Page
from producers.kit.topics import ensure_topics, topics_of
from reconduit.faultpoint import faultpoint
from reconduit.metrics import PUBLISH_SECONDS
from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, CanonicalTransaction

__all__ = ["Encoder", "Publisher"]

_POLL_SECONDS = 0.1


class Encoder(Protocol):
    """What the publisher needs of `schemas.wire.WireEncoder`."""

    def transaction(self, record: CanonicalTransaction) -> bytes:
        """Wire bytes of a transaction."""
        ...

    def statement(self, record: CanonicalStatement) -> bytes:
        """Wire bytes of a statement or watermark."""
        ...


@dataclass(slots=True)
class _Reports:
    """Delivery reports of one batch."""

    pending: int = 0
    failed: int = 0
    first_error: str = ""

    def report(self, error: KafkaError | None, _message: Message) -> None:
        self.pending -= 1
        if error is not None:
            self.failed += 1
            self.first_error = self.first_error or error.str()


class Publisher:
    """Publishes one source's pages.

    Args:
        bootstrap: Kafka's bootstrap servers.
        config: the source.
        encoder: makes the wire bytes.
        partitions: of topics that do not exist yet.
        mock: the broker is librdkafka's mock cluster.
        deadline_seconds: bound of each of a page's two batches.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        bootstrap: str,
        config: SourceConfig,
        encoder: Encoder,
        *,
        partitions: int = 6,
        mock: bool = False,
        deadline_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bootstrap = bootstrap
        self._config = config
        self._encoder = encoder
        self._wanted = partitions
        self._mock = mock
        self._seconds = deadline_seconds
        self._clock = clock
        self._sizes: dict[str, int] = {}
        self._others: dict[str, int] = {}
        self._producer: Producer | None = None

    def publish(self, page: Page) -> int:
        """Publish the transactions, wait for them, then the statements; returns how many transactions were confirmed.

        The two waits keep a promise: whoever sees a watermark can read every record that it speaks for.

        Raises:
            PublishError: Kafka is away, or a record was not confirmed in time. Some of the page may be in the topic, and will
                be there again with the same ids when the page is published anew.
        """
        sizes = self._topics()
        trace = new_traceparent()
        started = self._clock()
        topic = self._config.transactions_topic
        self._confirm(
            topic,
            sizes[topic],
            ((transaction_address(record, self._config, trace), self._encoder.transaction(record)) for record in page.transactions),
        )
        topic = self._config.statements_topic
        self._confirm(
            topic,
            sizes[topic],
            ((statement_address(record, trace), self._encoder.statement(record)) for record in page.statements),
        )
        if page.transactions or page.statements:
            PUBLISH_SECONDS.labels(self._config.name).observe(self._clock() - started)
        return len(page.transactions)

    def publish_to(self, topic: str, messages: Iterable[tuple[Address, bytes]]) -> None:
        """Publish messages on another topic of the source, made when absent, and wait for every one.

        Raises:
            PublishError: as for `publish`.
        """
        if topic not in self._others:
            self._others |= ensure_topics(self._bootstrap, [topic], self._wanted, mock=self._mock)
        self._confirm(topic, self._others[topic], messages)

    def close(self) -> None:
        """Drop the producer and whatever it still holds unconfirmed; a later page starts with fresh metadata."""
        self._sizes = {}
        self._others = {}
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(1.0)
            self._producer = None

    def _topics(self) -> dict[str, int]:
        if not self._sizes:
            self._sizes = ensure_topics(self._bootstrap, topics_of(self._config), self._wanted, mock=self._mock)
        return self._sizes

    def _confirm(self, topic: str, partitions: int, messages: Iterable[tuple[Address, bytes]]) -> None:
        """Send `messages` and wait for the delivery report of each one."""
        producer = self._open()
        deadline = self._clock() + self._seconds
        reports = _Reports()
        sent = 0
        try:
            for address, value in messages:
                send = partial(
                    producer.produce,
                    topic,
                    value,
                    address.key,
                    partition=address.partition(partitions),
                    headers=list(address.headers),
                    on_delivery=reports.report,
                )
                while not _is_queued(send) and self._clock() < deadline:
                    producer.poll(_POLL_SECONDS)
                # Counted also when the queue had no room until the deadline: then it is one that never gets its report.
                reports.pending += 1
                sent += 1
                if self._clock() >= deadline:
                    break
                producer.poll(0)
            if sent:
                faultpoint("produced-unflushed")
            while reports.pending and self._clock() < deadline:
                producer.poll(_POLL_SECONDS)
        except KafkaException as error:
            self.close()
            raise PublishError(f"{topic}: {error.args[0].str()}") from error
        if reports.pending or reports.failed:
            unconfirmed = reports.pending + reports.failed
            # What is still queued must not go out behind the back of the attempt that follows, so the producer goes too.
            reason = reports.first_error or f"no delivery report within {self._seconds:g} s"
            self.close()
            raise PublishError(f"{topic}: {unconfirmed} of {sent} records not confirmed: {reason}")

    def _open(self) -> Producer:
        if self._producer is None:
            settings: dict[str, Any] = {
                "bootstrap.servers": self._bootstrap,
                "client.id": f"reconduit-{self._config.name}",
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": "lz4",
                "linger.ms": 5,
                "delivery.timeout.ms": int(self._seconds * 1000),
                "logger": logging.getLogger("kafka"),
            }
            self._producer = Producer(settings)
        return self._producer


def _is_queued(send: Callable[[], None]) -> bool:
    """Whether the local queue had room; serving delivery reports makes some."""
    try:
        send()
    except BufferError:
        return False
    return True
