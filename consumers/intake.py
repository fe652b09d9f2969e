"""Filling batches from Kafka: several short `consume` calls, until there are enough rows or bytes or it takes too long."""

import time
from collections.abc import Callable
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from consumers.batch import Batch

__all__ = ["BatchSize", "Intake"]

_CHUNK = 500
_POLL_SECONDS = 0.1

_HARMLESS = frozenset(
    {KafkaError._PARTITION_EOF, KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}
)
"""Errors that librdkafka recovers from by itself, or that pass once a topic is made."""


class BatchSize:
    """When a batch is full.

    Attributes:
        rows: messages.
        bytes: of their values.
        milliseconds: since its first message.
    """

    def __init__(self, rows: int = 20_000, bytes_: int = 16 << 20, milliseconds: int = 500) -> None:
        self.rows = rows
        self.bytes = bytes_
        self.milliseconds = milliseconds


class Intake:
    """Takes messages from a consumer into batches."""

    def __init__(
        self,
        consumer: Consumer,
        size: BatchSize,
        *,
        on_partition_error: Callable[[str, int, KafkaError], None],
        stopping: Callable[[], bool],
    ) -> None:
        """Take from `consumer`; report errors that belong to one partition; end early when `stopping` says so."""
        self._consumer = consumer
        self._size = size
        self._on_partition_error = on_partition_error
        self._stopping = stopping

    def fill(self) -> Batch:
        """The next batch; empty when nothing came within a poll.

        Raises:
            KafkaException: an error that belongs to no partition and does not pass by itself.
        """
        batch = Batch()
        deadline = None
        while not self._stopping() and len(batch) < self._size.rows and batch.bytes < self._size.bytes:
            messages = self._consumer.consume(min(_CHUNK, self._size.rows - len(batch)), timeout=_POLL_SECONDS)
            if not messages and deadline is None:
                break
            self._add(batch, messages)
            now = time.monotonic()
            if deadline is None:
                deadline = now + self._size.milliseconds / 1000
            elif now >= deadline:
                break
        return batch

    def _add(self, batch: Batch, messages: list[Message]) -> None:
        if any(map(Message.error, messages)):
            messages = [message for message in messages if not self._is_error(message)]
        # Only errors lack topic, partition or offset.
        topics = cast("list[str]", [message.topic() for message in messages])
        partitions = cast("list[int]", [message.partition() for message in messages])
        offsets = cast("list[int]", [message.offset() for message in messages])
        batch.add(topics, partitions, offsets, [message.value() for message in messages])

    def _is_error(self, message: Message) -> bool:
        error = message.error()
        if error is not None:
            self._report(message, error)
        return error is not None

    def _report(self, message: Message, error: KafkaError) -> None:
        if error.code() in _HARMLESS:
            return
        topic, partition = message.topic(), message.partition()
        if topic is None or partition is None or partition < 0:
            raise KafkaException(error)
        self._on_partition_error(topic, partition, error)
