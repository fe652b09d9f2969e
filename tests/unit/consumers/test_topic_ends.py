"""Asking where a partition ends, while it has no leader."""

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from consumers.topic_ends import ends_of_partition


class _Asked:
    """Fails with the codes in turn, and then answers."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)

    def get_watermark_offsets(self, partition: TopicPartition, timeout: float) -> tuple[int, int]:
        if self.codes:
            raise KafkaException(KafkaError(self.codes.pop(0)))
        return partition.partition, 7


def test_asks_again_while_there_is_no_leader() -> None:
    asked = _Asked(KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
    assert ends_of_partition(asked, "topic", 3, 5.0) == (3, 7)


def test_what_does_not_pass_is_told_at_once() -> None:
    asked = _Asked(KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaException):
        ends_of_partition(asked, "topic", 3, 5.0)
    assert len(asked.codes) == 1


def test_gives_up_in_time() -> None:
    with pytest.raises(KafkaException):
        ends_of_partition(_Asked(*[KafkaError.NOT_LEADER_FOR_PARTITION] * 100), "topic", 3, 0.3)
