"""A consumer with a fixed share of the partitions, for the pipelines that the product is held against."""

import os

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from benchmarks.stream.records import PARTITIONS, SOURCES, topic_of

__all__ = ["assigned_consumer", "take"]

_ROWS = 20_000
_CHUNK = 500


def assigned_consumer(number: int, workers: int) -> Consumer:
    """A consumer of every `workers`-th partition from its beginning; no group, no offsets."""
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
            "group.id": f"static-{number}",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
            "queued.max.messages.kbytes": 65_536,
        }
    )
    mine = [partition for partition in range(PARTITIONS) if partition % workers == number]
    consumer.assign([TopicPartition(topic_of(source), partition, OFFSET_BEGINNING) for source in SOURCES for partition in mine])
    return consumer


def take(consumer: Consumer) -> tuple[list[bytes], list[tuple[int, int]]]:
    """Up to 20,000 messages: their values, and (partition, offset) of each."""
    values: list[bytes] = []
    places: list[tuple[int, int]] = []
    while len(values) < _ROWS:
        messages = consumer.consume(_CHUNK, timeout=0.1)
        if not messages:
            break
        for message in messages:
            value, partition, offset = message.value(), message.partition(), message.offset()
            if message.error() is None and value is not None and partition is not None and offset is not None:
                values.append(value)
                places.append((partition, offset))
    return values, places
