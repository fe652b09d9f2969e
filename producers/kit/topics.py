"""The topics of a source: made when absent, and how many partitions they have."""

import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from producers.errors import PublishError
from reconduit.sources import SourceConfig

__all__ = ["TopicSettings", "ensure_topics", "topics_of"]

_SECONDS = 20.0


class TopicSettings(BaseSettings):
    """How new topics are made."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    partitions: int = Field(alias="RECONDUIT_TOPIC_PARTITIONS", default=6, ge=1, le=64)
    """Partitions of a topic that does not exist yet. The same for every source: a group's sides meet by partition number."""


def topics_of(config: SourceConfig) -> tuple[str, str, str]:
    """Topics of transactions, statements and dead letters."""
    return config.transactions_topic, config.statements_topic, f"{config.transactions_topic}_dlq"


def ensure_topics(bootstrap: str, names: Sequence[str], partitions: int, *, mock: bool = False) -> dict[str, int]:
    """Create the topics that are absent; how many partitions each has now.

    The log is the truth that results are rebuilt from, so topics keep everything (`retention.ms=-1`) unless somebody decides
    otherwise. Replication is three-fold where there are three brokers.

    Args:
        bootstrap: Kafka's bootstrap servers.
        names: topics.
        partitions: of each new topic.
        mock: the broker is librdkafka's mock cluster, which has no admin calls and makes topics when they are asked for.

    Raises:
        PublishError: Kafka is not reachable, or refuses to make a topic.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    deadline = time.monotonic() + _SECONDS
    try:
        cluster = admin.list_topics(timeout=_SECONDS)
        absent = [name for name in names if name not in cluster.topics]
        if absent and not mock:
            _create(admin, absent, partitions, replication=min(3, len(cluster.brokers)))
        return {name: _partitions_of(admin, name, deadline) for name in names}
    except KafkaException as error:
        raise PublishError(f"Kafka at {bootstrap}: {error.args[0].str()}; check KAFKA_BOOTSTRAP_SERVERS") from error


def _create(admin: AdminClient, names: Sequence[str], partitions: int, replication: int) -> None:
    config = {"retention.ms": "-1", "min.insync.replicas": "2" if replication >= 3 else "1"}
    new = [NewTopic(name, num_partitions=partitions, replication_factor=replication, config=config) for name in names]
    for future in admin.create_topics(new, operation_timeout=_SECONDS, request_timeout=_SECONDS).values():
        try:
            future.result()
        except KafkaException as error:
            # Two producers, or two processes of one source, may start at once.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _partitions_of(admin: AdminClient, name: str, deadline: float) -> int:
    """From metadata, which may lag behind the creation for a moment."""
    while True:
        topic = admin.list_topics(name, timeout=_SECONDS).topics.get(name)
        if topic is not None and topic.error is None and topic.partitions:
            return len(topic.partitions)
        if time.monotonic() >= deadline:
            raise PublishError(f"topic {name} has no metadata after {_SECONDS:.0f} s; check the brokers' logs")
        time.sleep(0.1)
