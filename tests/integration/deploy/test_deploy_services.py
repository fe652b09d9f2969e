import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.errors import DeployError
from deploy.local.kafka import can_run_kafka, local_kafka
from deploy.local.run_directory import RUN_VARIABLE
from deploy.local.services import local_services
from tests.fixtures.waiting import eventually

HOLD = """
import sys, time
from pathlib import Path
from deploy.local.services import local_services
with local_services(Path(sys.argv[1]), sftp=True, progress=lambda line: None) as services:
    print(services.directory, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "SFTP_URL"):
        monkeypatch.delenv(name, raising=False)


def processes_of(text: str) -> list[str]:
    """Living processes that mention a text in their command line or environment, except this one and its ancestors."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            mention = " ".join(process.cmdline()) + process.environ().get(RUN_VARIABLE, "")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if text in mention and process.pid not in own:
            found.append(f"{process.pid} {mention[:100]}")
    return found


@pytest.mark.slow
def test_all_services_start_serve_and_leave_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    with local_services(tmp_path, sftp=True, progress=said.append) as services:
        assert services.database_url is not None
        with psycopg.connect(services.database_url) as connection:
            assert connection.execute("SELECT current_setting('synchronous_commit')").fetchone() == ("on",)
        producer = Producer({"bootstrap.servers": str(services.kafka_bootstrap_servers)})
        assert len(producer.list_topics(timeout=60).brokers) == 1
        assert services.sftp is not None
        assert services.sftp.private_key.stat().st_mode & 0o777 == 0o600
        assert len(processes_of(str(tmp_path))) >= 2
        password = services.database_url.split(":")[2].split("@")[0]
        assert password not in repr(services)
        assert not processes_of(password)
        assert all(password not in log.read_text() for log in (services.directory / "logs").iterdir())
        ports = [services.database_url.rsplit(":", 1)[1].split("/")[0], str(services.kafka_bootstrap_servers).rsplit(":", 1)[1]]
        listening = {c.laddr.ip for c in psutil.net_connections("tcp") if c.status == "LISTEN" and str(c.laddr.port) in ports}
        assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert any("Kafka" in line for line in said)
    assert list(tmp_path.iterdir()) == []
    assert processes_of(str(tmp_path)) == []


@pytest.mark.slow
def test_services_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    folder = parent.stdout.readline().strip()
    assert len(processes_of(folder)) >= 2
    family = psutil.Process(parent.pid).children(recursive=True)
    assert any("postgres" in process.name() for process in family)
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    eventually(lambda: not any(map(living, family)), lambda: str([process for process in family if living(process)]))
    with local_services(tmp_path, kafka=False, postgres=False, progress=lambda line: None):
        assert not Path(folder).exists()


def living(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_postgres_does_not_run_as_root_and_wants_the_password(tmp_path: Path) -> None:
    with local_services(tmp_path, kafka=False, progress=lambda line: None) as services:
        assert services.database_url is not None
        with psycopg.connect(services.database_url) as connection:
            row = connection.execute("SELECT pg_backend_pid(), current_setting('data_directory')").fetchone()
        assert row is not None
        assert Path(row[1]).stat().st_uid != 0
        assert Path(row[1]).stat().st_mode & 0o077 == 0
        head, _, tail = services.database_url.partition("@")
        wrong = f"{head.rsplit(':', 1)[0]}:wrong@{tail}"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_services_of_the_environment_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker.example:9092")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/x")
    said: list[str] = []
    with local_services(tmp_path, progress=said.append) as services:
        assert services.kafka_bootstrap_servers == "broker.example:9092"
        assert services.kafka_kind == "env"
        assert services.environment()["DATABASE_URL"] == "postgresql://db.example/x"
    assert said == []


def test_a_given_sftp_server_needs_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFTP_URL", "sftp://bank@drop.example/out")
    with (
        pytest.raises(DeployError, match="SFTP_PRIVATE_KEY_FILE"),
        local_services(tmp_path, kafka=False, postgres=False, sftp=True, progress=lambda line: None),
    ):
        pytest.fail("it must not get here")


@pytest.mark.slow
@pytest.mark.skipif(not can_run_kafka(), reason="no Java, or neither cached jars nor Maven")
def test_three_brokers_replicate(tmp_path: Path) -> None:
    with local_kafka(tmp_path, brokers=3, progress=lambda line: None) as bootstrap:
        admin = AdminClient({"bootstrap.servers": bootstrap})
        topic = NewTopic("replicated", num_partitions=3, replication_factor=3)
        admin.create_topics([topic], operation_timeout=60)["replicated"].result(timeout=90)
        found = admin.list_topics("replicated", timeout=60)
        assert len(found.brokers) == 3
        assert all(len(partition.replicas) == 3 for partition in found.topics["replicated"].partitions.values())
        producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
        producer.produce("replicated", b"value", partition=0)
        assert producer.flush(60) == 0
    assert processes_of(str(tmp_path)) == []


def test_a_local_kafka_has_one_or_three_brokers(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="1 or 3"), local_kafka(tmp_path, brokers=2, progress=lambda line: None):
        pytest.fail("it must not get here")


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_both_group_protocols_work_and_topics_are_not_made_by_a_typo(kafka_bootstrap: str, topic_factory, protocol: str) -> None:
    topic = topic_factory("greeting", partitions=1)
    producer = Producer({"bootstrap.servers": kafka_bootstrap})
    producer.produce(topic, b"hello")
    assert producer.flush(60) == 0
    consumer = Consumer(
        {
            "bootstrap.servers": kafka_bootstrap,
            "group.id": f"group-{protocol}-{topic}",
            "group.protocol": protocol,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        consumer.subscribe([topic])
        found: list[bytes | None] = []

        def read() -> list[bytes | None]:
            message = consumer.poll(1)
            if message is not None and message.error() is None:
                found.append(message.value())
            return found

        eventually(read, lambda: "the message did not come")
        assert found == [b"hello"]
    finally:
        consumer.close()
    assert "no-such-topic" not in producer.list_topics(timeout=60).topics
