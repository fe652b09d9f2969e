"""From where to where a partition reaches, also while its leader changes hands."""

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

__all__ = ["ends_of_partition"]

_PASSING = frozenset(
    {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._TRANSPORT}
)
"""What a broker says of a topic that was just made, or just after an election."""

_PAUSE_SECONDS = 0.2


def ends_of_partition(consumer: Consumer, topic: str, partition: int, seconds: float) -> tuple[int, int]:
    """The first offset that the broker still has, and the one that the next message gets.

    Args:
        consumer: asks; it needs no assignment.
        topic: the topic.
        partition: its partition.
        seconds: how long one question may take, and how long it is asked again while the partition has no leader.

    Raises:
        KafkaException: the broker did not answer, or the partition got no leader in that time.
    """
    attempts = Retrying(
        retry=retry_if_exception(_passes), stop=stop_after_delay(seconds), wait=wait_fixed(_PAUSE_SECONDS), reraise=True
    )
    low, high = attempts(consumer.get_watermark_offsets, TopicPartition(topic, partition), timeout=seconds)
    return low, high


def _passes(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in _PASSING
