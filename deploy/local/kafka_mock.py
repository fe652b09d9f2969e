"""The stand-in where neither Java nor Maven can be had: librdkafka's mock cluster, in a process of its own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.run_directory import RUN_VARIABLE
from deploy.local.supervisor import Daemon, running

__all__ = ["mock_kafka"]

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def mock_kafka(directory: Path, *, brokers: int = 1, progress: Callable[[str], None]) -> Iterator[str]:
    """Run the mock cluster; yields its bootstrap servers.

    Processes that use it need `RECONDUIT_KAFKA_MOCK=1`: it knows no admin calls, makes topics of 4 partitions when they are first
    named, and cannot look up offsets by time. It ends with an error when it has dropped a record (5 MiB a partition).

    Raises:
        DeployError: it does not start; the message names the log.
    """
    progress("Java or Maven is missing: using librdkafka's MOCK cluster instead of Apache Kafka (small data only) ...")
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    bootstrap = directory / "mock-bootstrap"
    daemon = Daemon(
        "Kafka mock cluster",
        [sys.executable, "-m", "deploy.local.kafka_mock_server", "--bootstrap-file", str(bootstrap), "--brokers", str(brokers)],
        log=logs / "kafka-mock.log",
        ready=bootstrap.exists,
        start_seconds=90,
        stop_seconds=5,
        clean_exit=-15,
        environment={RUN_VARIABLE: str(directory)},
        cwd=_ROOT,
    )
    with running([daemon]):
        yield bootstrap.read_text(encoding="ascii")
