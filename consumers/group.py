"""Which partitions a worker has, where it is in each, and how it joins its group."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog
from confluent_kafka import Consumer, TopicPartition
from psycopg import Connection

from consumers.batch import Batch
from consumers.offsets import begin_partition, stored_offsets

__all__ = ["AssignmentBook", "consumer_settings"]

log = structlog.get_logger()

_WATERMARK_SECONDS = 10


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

    @property
    def halted(self) -> Mapping[tuple[str, int], str]:
        """Partitions that have stopped, and why."""
        return self._halted

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Begin new partitions at their stored offsets, or at the log's beginning the first time ever."""
        starts = self._starts([(one.topic, one.partition) for one in partitions])
        self._positions |= starts
        consumer.incremental_assign([TopicPartition(topic, partition, offset) for (topic, partition), offset in starts.items()])
        log.info("assigned", partitions=len(starts), total=len(self._positions))

    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Let partitions go. Nothing is in a transaction here: batches are applied between polls."""
        for one in partitions:
            self._positions.pop((one.topic, one.partition), None)
            self._halted.pop((one.topic, one.partition), None)
        consumer.incremental_unassign(partitions)
        log.info("revoked", partitions=len(partitions), total=len(self._positions))

    def owned(self, batch: Batch) -> Batch:
        """The batch without messages of partitions that were revoked or halted while it filled."""
        foreign = {place for place in batch.ends if place not in self._positions or place in self._halted}
        return batch.without(foreign) if foreign else batch

    def position(self, topic: str, partition: int) -> int:
        """Next offset to apply."""
        return self._positions[topic, partition]

    def advance(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Move on after a commit."""
        self._positions |= {place: end for place, end in ends.items() if place in self._positions}

    def halt(self, topic: str, partition: int, reason: str) -> None:
        """Stop one partition and say why; the others go on."""
        place = (topic, partition)
        if place not in self._halted:
            self._halted[place] = reason
            log.error("partition_halted", topic=topic, partition=partition, reason=reason)
        if place in self._positions:
            self._consumer.pause([TopicPartition(topic, partition)])

    def resync(self) -> None:
        """Go on from the stored offsets, which somebody else has moved."""
        places = [place for place in self._positions if place not in self._halted]
        starts = self._starts(places)
        self._positions |= starts
        for (topic, partition), offset in starts.items():
            self._consumer.seek(TopicPartition(topic, partition, offset))

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
        connection = self._database()
        stored = stored_offsets(connection, self._group, {topic for topic, _ in places})
        connection.rollback()
        fresh = [place for place in places if place not in stored]
        if not fresh:
            return {place: stored[place] for place in places}
        for topic, partition in fresh:
            low, _ = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_WATERMARK_SECONDS)
            begin_partition(connection, self._group, topic, partition, low)
        connection.commit()
        return self._starts(places)
