"""Which partitions a worker has, where it is in each, and how it joins its group."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import structlog
from confluent_kafka import Consumer, TopicPartition
from psycopg import Connection

from consumers.batch import Batch
from consumers.offsets import begin_partition, stored_offsets
from reconduit import metrics

__all__ = ["AssignmentBook", "consumer_settings"]

log = structlog.get_logger()

_WATERMARK_SECONDS = 10
_DATABASE_SECONDS = 60
"""How long a rebalance waits for a database that is away; well within `max.poll.interval.ms`."""


def consumer_settings(bootstrap_servers: str, group: str, *, mock: bool = False) -> dict[str, Any]:
    """Settings of a worker, as librdkafka takes them.

    The KIP-848 protocol with the broker's `range` assignor is incremental and gives the same partition numbers of equally
    partitioned topics to the same worker. librdkafka's mock cluster has only the classic protocol.
    """
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap_servers,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # The stored offset is the only truth: a missing or expired one is an error to look at, never a silent jump.
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "topic.metadata.refresh.interval.ms": 5_000,
        "fetch.wait.max.ms": 100,
        # Small portions of every partition in turn, so that the sides of a group come in one batch rather than topic after topic.
        "fetch.message.max.bytes": 65_536,
        "max.poll.interval.ms": 300_000,
        "queued.max.messages.kbytes": 65_536,
        "queued.min.messages": 100_000,
    }
    if mock:
        settings |= {"partition.assignment.strategy": "cooperative-sticky", "isolation.level": "read_uncommitted"}
    else:
        settings |= {"group.protocol": "consumer", "group.remote.assignor": "range"}
    return settings


class AssignmentBook:
    """Partitions in hand and the next offset of each. Callbacks run inside `consume`, on the worker's own thread."""

    def __init__(self, consumer: Consumer, group: str, database: Callable[[], Connection[Any]]) -> None:
        self._consumer = consumer
        self._group = group
        self._database = database
        self._positions: dict[tuple[str, int], int] = {}
        self._halted: dict[tuple[str, int], str] = {}
        self._left: set[tuple[str, int]] = set()
        self._returned: set[tuple[str, int]] = set()

    @property
    def halted(self) -> Mapping[tuple[str, int], str]:
        """Partitions that have stopped, and why."""
        return self._halted

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Begin new partitions at their stored offsets, or at the log's beginning the first time ever."""
        starts = self._starts([(one.topic, one.partition) for one in partitions])
        self._positions |= starts
        self._returned |= self._left & starts.keys()
        consumer.incremental_assign([TopicPartition(topic, partition, offset) for (topic, partition), offset in starts.items()])
        # A partition that left while it was paused comes back paused.
        consumer.resume([TopicPartition(topic, partition) for topic, partition in starts])
        log.info("assigned", partitions=len(starts), total=len(self._positions))

    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Let partitions go. Nothing is in a transaction here: batches are applied between polls."""
        for one in partitions:
            self._positions.pop((one.topic, one.partition), None)
            if self._halted.pop((one.topic, one.partition), None) is not None:
                metrics.PARTITION_HALTED.remove(one.topic, str(one.partition))
            self._left.add((one.topic, one.partition))
        consumer.incremental_unassign(partitions)
        log.info("revoked", partitions=len(partitions), total=len(self._positions))

    def owned(self, batch: Batch) -> Batch:
        """The batch without messages of partitions that were revoked or halted while it filled.

        A partition that left and came back while it filled is read again: what was taken before it left may lie behind or beyond
        the offset that is stored now.
        """
        foreign = {place for place in batch.ends if place not in self._positions or place in self._halted}
        for topic, partition in self._returned & batch.ends.keys() - foreign:
            self._consumer.seek(TopicPartition(topic, partition, self._positions[topic, partition]))
            foreign.add((topic, partition))
        self._left.clear()
        self._returned.clear()
        return batch.without(foreign) if foreign else batch

    def starts_of(self, batch: Batch) -> dict[tuple[str, int], int]:
        """The offset that each partition of an owned batch goes on from, to be compared with the stored one."""
        return {place: self._positions[place] for place in batch.ends}

    def advance(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Move on after a commit."""
        self._positions |= {place: end for place, end in ends.items() if place in self._positions}

    def halt(self, topic: str, partition: int, reason: str) -> None:
        """Stop one partition and say why; the others go on."""
        place = (topic, partition)
        if place not in self._halted:
            self._halted[place] = reason
            log.error("partition_halted", topic=topic, partition=partition, reason=reason)
            metrics.PARTITION_HALTED.labels(topic=topic, partition=partition).set(1)
        if place in self._positions:
            self._consumer.pause([TopicPartition(topic, partition)])

    def resync(self) -> None:
        """Go on from the stored offsets, which somebody else has moved."""
        places = [place for place in self._positions if place not in self._halted]
        starts = self._starts(places)
        self._positions |= starts
        for (topic, partition), offset in starts.items():
            self._consumer.seek(TopicPartition(topic, partition, offset))

    def follow(self) -> None:
        """Notice that a replay or another worker moved a stored offset, also where nothing new comes to fail a compare-and-set."""
        stored = self._stored({topic for topic, _ in self._positions})
        if any(stored.get(place) != offset for place, offset in self._positions.items() if place not in self._halted):
            log.info("offsets_moved", detail="going on from the stored offsets")
            self.resync()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Fetch nothing inside the block; polling keeps the membership alive."""
        held = [TopicPartition(topic, partition) for topic, partition in self._positions]
        self._consumer.pause(held)
        try:
            yield
        finally:
            back = [
                TopicPartition(one.topic, one.partition)
                for one in held
                if (one.topic, one.partition) in self._positions and (one.topic, one.partition) not in self._halted
            ]
            self._consumer.resume(back)

    def _starts(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """Where to begin each place; waits for a database that is away, because nothing above a rebalance callback can."""
        deadline = time.monotonic() + _DATABASE_SECONDS
        while True:
            try:
                return self._begun(places)
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("database_away", error=type(error).__name__, detail=str(error).strip())
                time.sleep(1)

    def _begun(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        stored = self._stored({topic for topic, _ in places})
        fresh = [place for place in places if place not in stored]
        if not fresh:
            return {place: stored[place] for place in places}
        connection = self._database()
        for topic, partition in fresh:
            low, _ = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_WATERMARK_SECONDS)
            begin_partition(connection, self._group, topic, partition, low)
        connection.commit()
        return self._begun(places)

    def _stored(self, topics: set[str]) -> Mapping[tuple[str, int], int]:
        connection = self._database()
        stored = stored_offsets(connection, self._group, topics)
        connection.rollback()
        return stored
