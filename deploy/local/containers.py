"""Kafka and PostgreSQL in containers, for tests on machines where Docker's engine answers."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["container_kafka", "container_postgres", "docker_answers"]

_KAFKA_IMAGE = "confluentinc/cp-kafka:8.1.0"
_POSTGRES_IMAGE = "postgres:17"


def docker_answers() -> bool:
    """Whether Docker's engine can be asked; False too when the test dependencies are not installed."""
    try:
        import docker  # type: ignore[import-untyped]
        from docker.errors import DockerException  # type: ignore[import-untyped]
    except ImportError:
        return False
    try:
        client = docker.from_env(timeout=3)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except DockerException:
        return False
    finally:
        client.close()


@contextmanager
def container_kafka() -> Iterator[str]:
    """Run one Kafka broker (KRaft) in a container; yields its bootstrap servers."""
    from testcontainers.community.kafka import KafkaContainer

    container = KafkaContainer(_KAFKA_IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    with container as kafka:
        yield str(kafka.get_bootstrap_server())


@contextmanager
def container_postgres() -> Iterator[str]:
    """Run PostgreSQL in a container; yields its URL, password included."""
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer(_POSTGRES_IMAGE, driver=None) as postgres:
        yield str(postgres.get_connection_url())
