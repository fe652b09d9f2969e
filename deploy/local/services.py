"""The services a run needs, from the environment, from containers or as local processes: the one entry for demo and tests."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from deploy.errors import DeployError
from deploy.local.containers import container_kafka, container_postgres, docker_answers
from deploy.local.kafka import can_run_kafka, local_kafka
from deploy.local.kafka_mock import mock_kafka
from deploy.local.postgres import local_postgres
from deploy.local.run_directory import run_directory
from deploy.local.sftp import SftpAccess, local_sftp

__all__ = ["KafkaKind", "Services", "local_services"]

KafkaKind = Literal["env", "testcontainers", "local", "mock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Where the services of a run are. What was not asked for is None."""

    kafka_bootstrap_servers: str | None = None
    kafka_kind: KafkaKind | None = None
    database_url: str | None = field(default=None, repr=False)
    """libpq URL with the password: pass it by environment, never by argv, and do not log it."""
    sftp: SftpAccess | None = None
    directory: Path
    """Folder of this run; gone when the run ends. Logs of local processes are in `logs` below it."""

    def environment(self) -> dict[str, str]:
        """The environment variables that tell a Reconduit process about these services (`reconduit.settings`)."""
        variables = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers,
            "DATABASE_URL": self.database_url,
            "RECONDUIT_KAFKA_MOCK": "1" if self.kafka_kind == "mock" else None,
        }
        if self.sftp is not None:
            variables |= {
                "SFTP_URL": self.sftp.url,
                "SFTP_PRIVATE_KEY_FILE": str(self.sftp.private_key),
                "SFTP_KNOWN_HOSTS_FILE": str(self.sftp.known_hosts),
            }
        return {name: value for name, value in variables.items() if value is not None}


def _given_sftp(url: str) -> SftpAccess:
    """An SFTP server that the environment names.

    Raises:
        DeployError: the key or the pinned host key is not named too.
    """
    files = []
    for variable in ("SFTP_PRIVATE_KEY_FILE", "SFTP_KNOWN_HOSTS_FILE"):
        value = os.environ.get(variable)
        if not value:
            raise DeployError(f"SFTP_URL is set but {variable} is not; set both, or unset SFTP_URL to start a local server")
        files.append(Path(value))
    return SftpAccess(url=url, private_key=files[0], known_hosts=files[1])


def _kafka(
    folder: Path, brokers: int, containers: bool, progress: Callable[[str], None]
) -> tuple[AbstractContextManager[str], KafkaKind]:
    if containers and brokers == 1:
        return container_kafka(), "testcontainers"
    if can_run_kafka():
        return local_kafka(folder, brokers=brokers, progress=progress), "local"
    return mock_kafka(folder, brokers=brokers, progress=progress), "mock"


def _start_side_by_side(stack: ExitStack, wanted: dict[str, AbstractContextManager[Any]]) -> dict[str, Any]:
    """Enter all contexts at once; the stack stops them, also those that did start when another did not."""
    started: dict[str, Future[Any]] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(wanted)), thread_name_prefix="start") as pool:
        for name, context in wanted.items():
            own = stack.enter_context(ExitStack())
            started[name] = pool.submit(own.enter_context, context)
    return {name: future.result() for name, future in started.items()}


@contextmanager
def local_services(
    directory: Path,
    *,
    kafka: bool = True,
    postgres: bool = True,
    sftp: bool = False,
    brokers: int = 1,
    progress: Callable[[str], None],
    prefer_containers: bool = False,
    durable: bool = True,
) -> Iterator[Services]:
    """Provide the services for the length of the context; what was started is stopped at the end.

    A service that the environment names (`KAFKA_BOOTSTRAP_SERVERS`, `DATABASE_URL`, `SFTP_URL`) is used as it is. Kafka falls back
    to librdkafka's mock cluster when there is no Java or Maven. Local processes die with this process, however it dies, and what a
    killed run left in `directory` is removed first.

    Args:
        directory: parent of the run's own folder, such as `.local`.
        kafka: whether Kafka is needed.
        postgres: whether PostgreSQL is needed.
        sftp: whether an SFTP server is needed.
        brokers: 1 or 3 Kafka nodes.
        progress: told, from several threads, before each slow step.
        prefer_containers: use containers when Docker's engine answers.
        durable: whether a local PostgreSQL waits for the disk (see `local_postgres`).

    Raises:
        DeployError: a service cannot be had; the message names its log and the way out.
    """
    with run_directory(directory.resolve(), "services-", keep_after_error=True) as folder, ExitStack() as stack:
        (folder / "logs").mkdir()
        known: dict[str, Any] = {}
        wanted: dict[str, AbstractContextManager[Any]] = {}
        containers = prefer_containers and docker_answers()
        kind: KafkaKind | None = None
        if kafka and (given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS")):
            known["kafka"], kind = given, "env"
        elif kafka:
            wanted["kafka"], kind = _kafka(folder, brokers, containers, progress)
        if postgres and (given := os.environ.get("DATABASE_URL")):
            known["postgres"] = given
        elif postgres:
            wanted["postgres"] = container_postgres() if containers else local_postgres(folder, progress=progress, durable=durable)
        if sftp and (given := os.environ.get("SFTP_URL")):
            known["sftp"] = _given_sftp(given)
        elif sftp:
            wanted["sftp"] = local_sftp(folder, progress=progress)
        known |= _start_side_by_side(stack, wanted)
        yield Services(
            kafka_bootstrap_servers=known.get("kafka"),
            kafka_kind=kind,
            database_url=known.get("postgres"),
            sftp=known.get("sftp"),
            directory=folder,
        )
