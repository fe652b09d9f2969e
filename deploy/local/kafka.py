"""Apache Kafka as local processes: KRaft, one process per node, each both broker and controller.

One node is ready in about 4 s with 350 MB resident; three take about 14 s and 1 GB (performance reference, "Local services").
"""

import base64
import logging
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.errors import DeployError
from deploy.local.kafka_jars import cache_folder, kafka_jars
from deploy.local.ports import HOST, accepts, free_ports
from deploy.local.run_directory import RUN_VARIABLE
from deploy.local.supervisor import Daemon, bound_to_parent, running, spawn

__all__ = ["can_run_kafka", "local_kafka"]

_JVM_OPTIONS = [
    "-XX:-UsePerfData",  # leaves no /tmp/hsperfdata_* behind
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
]

_FORMAT_SECONDS = 180

_silent = logging.getLogger("deploy.local.kafka.probe")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


def can_run_kafka() -> bool:
    """Whether a real broker can be had: Java is installed, and the jars are cached or Maven can fetch them."""
    return shutil.which("java") is not None and (cache_folder().is_dir() or shutil.which("mvn") is not None)


def _properties(node: int, nodes: list[tuple[int, int]], data: Path) -> str:
    """`server.properties` of one node; `nodes` holds each node's client and controller port."""
    client, controller = nodes[node - 1]
    replicas = min(3, len(nodes))
    settings = {
        "process.roles": "broker,controller",
        "node.id": node,
        "controller.quorum.voters": ",".join(f"{number}@{HOST}:{port}" for number, (_, port) in enumerate(nodes, 1)),
        "listeners": f"PLAINTEXT://{HOST}:{client},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{client}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        # A topic that nobody created is a mistake in a name, not a wish.
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": max(1, replicas - 1),
        "share.coordinator.state.topic.num.partitions": 4,
        # A group of the classic protocol starts at once instead of waiting 3 s for more members.
        "group.initial.rebalance.delay.ms": 0,
        # KIP-848; both assignors that ship with the broker.
        "group.coordinator.rebalance.protocols": "classic,consumer",
        "group.consumer.assignors": "uniform,range",
        "group.consumer.min.session.timeout.ms": 3000,
        # Members learn of a new assignment by their next heartbeat; the default of 5 s makes every change of workers a pause.
        "group.consumer.min.heartbeat.interval.ms": 500,
        "group.consumer.heartbeat.interval.ms": 500,
        # A worker that was killed is missed after this long; the default of 45 s is for machines far apart.
        "group.consumer.session.timeout.ms": 6000,
        "group.min.session.timeout.ms": 3000,
        "num.network.threads": 2,
        "num.io.threads": 4,
        # The log is the truth; a run is shorter than any retention, and the data goes with the run.
        "log.retention.hours": -1,
        "log.segment.bytes": 128 * 1024 * 1024,
        "controlled.shutdown.max.retries": 1,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _java(heap_mb: int, log: Path, jars: Path, main: str, *arguments: str) -> list[str]:
    log4j = Path(__file__).with_name("log4j2.xml")
    return [
        "java",
        f"-Xmx{heap_mb}m",
        f"-Xms{min(heap_mb, 256)}m",
        *_JVM_OPTIONS,
        f"-Dlog4j2.configurationFile={log4j}",
        f"-Dreconduit.log={log}",
        "-cp",
        f"{jars}/*",
        main,
        *arguments,
    ]


def _format(node: int, cluster: str, properties: Path, logs: Path, jars: Path) -> "subprocess.Popen[bytes]":
    """Start formatting a node's data folder, which Kafka demands once."""
    command = _java(
        128, logs / f"kafka-{node}-format.log", jars, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)
    )
    started: list[subprocess.Popen[bytes]] = []
    with (logs / f"kafka-{node}.out").open("ab") as output:
        wrapped = bound_to_parent(["java", "-XX:TieredStopAtLevel=1", *command[1:]])
        spawn(lambda: started.append(subprocess.Popen(wrapped, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)))
    return started[0]


def _format_all(jobs: "list[subprocess.Popen[bytes]]", logs: Path) -> None:
    try:
        for node, job in enumerate(jobs, 1):
            if job.wait(timeout=_FORMAT_SECONDS) != 0:
                raise DeployError(f"Kafka's StorageTool could not format node {node}; see {logs / f'kafka-{node}.out'}")
    except subprocess.TimeoutExpired:
        raise DeployError(f"Kafka's StorageTool did not end within {_FORMAT_SECONDS} s; see {logs}") from None
    finally:
        for job in jobs:
            if job.poll() is None:
                job.kill()
                job.wait()


def _serves(bootstrap: str, port: int, brokers: int) -> Callable[[], bool]:
    """A check that a node accepts connections and its cluster knows all brokers."""

    def check() -> bool:
        if not accepts(port):
            return False
        try:
            found = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}, logger=_silent).list_topics(timeout=2)
        except KafkaException:
            return False
        return len(found.brokers) == brokers

    return check


@contextmanager
def local_kafka(directory: Path, *, brokers: int = 1, progress: Callable[[str], None]) -> Iterator[str]:
    """Run Kafka; yields its bootstrap servers (`127.0.0.1:PORT,...`).

    Args:
        directory: folder of this run; data and logs go below it.
        brokers: 1 or 3 nodes; with 3, replication is 3 and `min.insync.replicas` 2.
        progress: told before each slow step.

    Raises:
        DeployError: the jars cannot be fetched or a node does not start; the message names the log.
    """
    if brokers not in {1, 3}:
        raise DeployError(f"a local Kafka has 1 or 3 brokers, not {brokers}")
    jars = kafka_jars(progress)
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    ports = free_ports(2 * brokers)
    nodes = list(zip(ports[:brokers], ports[brokers:], strict=True))
    bootstrap = ",".join(f"{HOST}:{client}" for client, _ in nodes)
    # Kafka's ids are base64; a first byte of 0 keeps one from beginning with "-", which reads like an option.
    cluster = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
    heap = 512 if brokers == 1 else 384
    progress(f"starting Apache Kafka, {brokers} node{'s' if brokers > 1 else ''} (about {4 if brokers == 1 else 14} s) ...")
    formats = []
    daemons = []
    for node, (client, _) in enumerate(nodes, 1):
        data = directory / f"kafka-{node}"
        data.mkdir()
        properties = directory / f"kafka-{node}.properties"
        properties.write_text(_properties(node, nodes, data), encoding="utf-8")
        formats.append(_format(node, cluster, properties, logs, jars))
        daemons.append(
            Daemon(
                f"Kafka node {node}",
                _java(heap, logs / f"kafka-{node}.log", jars, "kafka.Kafka", str(properties)),
                log=logs / f"kafka-{node}.out",
                ready=_serves(bootstrap, client, brokers),
                start_seconds=180,  # on a busy machine; one that ends by itself is noticed at once
                stop_seconds=15 if brokers == 1 else 5,  # a cluster that ends as a whole has no quorum to say goodbye to
                clean_exit=143,
                environment={RUN_VARIABLE: str(directory)},
            )
        )
    _format_all(formats, logs)
    with running(daemons):
        yield bootstrap
