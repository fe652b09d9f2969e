"""A producer as a process of its own, against real Kafka and Postgres: what a kill at each step costs, and what it never does."""

import os
import secrets
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastavro
import psycopg
import pytest
import yaml
from confluent_kafka import Message

from deploy.local.services import Services
from producers.kit.files.object_store import FolderObjectStore
from schemas.catalogue import TRANSACTION, current_schema
from schemas.keys import key_hash, partition_of
from schemas.wire import decode_body, split_header
from tests.fixtures.topics import header, read_topic
from tests.fixtures.waiting import PATIENCE_SECONDS

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
PAGES, ROWS = 3, 40
COMMAND = "import sys; from reconduit.commands.produce import produce; produce(sys.argv[1], once=sys.argv[2] == 'once')"


@dataclass
class Source:
    """One configured source and the services it uses."""

    name: str
    bootstrap: str
    database_url: str
    folder: Path
    mock: bool
    options: dict[str, Any] = field(default_factory=dict)

    def start(self, *, once: bool = True, fault: str | None = None) -> subprocess.Popen[str]:
        source = {"name": self.name, "connector": "static_connector:build", "options": self.options}
        sources = self.folder / "sources.yaml"
        sources.write_text(yaml.safe_dump({"sources": [source]}))
        environment = os.environ | {
            "PYTHONPATH": f"{HERE}{os.pathsep}{ROOT}",
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "DATABASE_URL": self.database_url,
            "RECONDUIT_SOURCES": str(sources),
            "RECONDUIT_OBJECTS": str(self.folder / "objects"),
            "RECONDUIT_KAFKA_MOCK": str(self.mock),
        }
        if fault is not None:
            environment["RECONDUIT_FAULT"] = fault
        argv = [sys.executable, "-c", COMMAND, self.name, "once" if once else "forever"]
        return subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, fault: str | None = None) -> int:
        process = self.start(fault=fault)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode in {0, 137}, errors
        return process.returncode

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement).fetchall()

    def page(self) -> int:
        rows = self.query("SELECT cursor->>'page' FROM source_cursor")
        return int(rows[0][0]) if rows else 0

    def messages(self, suffix: str) -> list[Message]:
        return list(read_topic(self.bootstrap, f"{self.name}_{suffix}"))


@pytest.fixture
def source(kafka_services: Services, database_url: str, tmp_path: Path) -> Source:
    name = f"kit_{secrets.token_hex(4)}"
    bootstrap = str(kafka_services.kafka_bootstrap_servers)
    return Source(name, bootstrap, database_url, tmp_path, kafka_services.kafka_kind == "mock")


@pytest.mark.parametrize(
    ("fault", "published", "pages"),
    [
        ("fetched:2", 1, 1),
        ("produced-unflushed:3", None, 1),
        ("flushed-no-cursor:1", 1, 0),
        ("flushed-no-cursor:3", 3, 2),
        ("cursor-saved:2", 2, 2),
    ],
)
def test_kill_at_a_step_costs_duplicates_and_loses_nothing(source: Source, fault: str, published: int | None, pages: int) -> None:
    assert source.run(fault) == 137
    assert source.page() == pages
    before = {header(message, "ce_id") for message in source.messages("txns")}
    covered = {f"default/{source.name}/acc:{row}/0" for row in range(pages * ROWS)}
    assert covered <= before, "the cursor is ahead of what Kafka confirmed"
    if published is not None:
        assert len(before) == published * ROWS

    assert source.run() == 0

    assert source.page() == PAGES
    ids = Counter(header(message, "ce_id") for message in source.messages("txns"))
    assert set(ids) == {f"default/{source.name}/acc:{row}/0" for row in range(PAGES * ROWS)}
    assert max(ids.values()) <= 2
    assert source.query("SELECT fetched, published, rounds FROM source_progress") == [(PAGES * (ROWS + 1), PAGES * ROWS, 1)]
    assert source.query("SELECT count(*), min(stage) FROM quarantine") == [(PAGES, "producer")]
    assert source.query("SELECT count(*), sum(entries) FROM file_ledger") == [(PAGES, PAGES * ROWS)]


def test_an_undisturbed_run_publishes_each_record_once_where_its_key_says(source: Source) -> None:
    assert source.run() == 0
    messages = source.messages("txns")
    assert len(messages) == PAGES * ROWS
    partitions = 4 if source.mock else 6
    objects = FolderObjectStore(source.folder / "objects")
    schema = fastavro.parse_schema(current_schema(TRANSACTION))
    for message in messages:
        record = decode_body(split_header(message.value())[1], schema)
        hashed = key_hash(record["reference_number"])
        assert hashed is not None
        assert message.partition() == partition_of(hashed, partitions)
        assert header(message, "ce_id") == f"default/{source.name}/{record['txn_id']}/0"
        assert header(message, "content-type") == "application/avro"
        assert len(header(message, "traceparent")) == 55
        assert objects.get(record["raw_ref"]).startswith(b"original of page")
    assert len(source.messages("statements")) == PAGES


def test_a_second_run_finds_nothing_new_and_counts_a_round(source: Source) -> None:
    assert source.run() == 0
    assert source.run() == 0
    assert len(source.messages("txns")) == PAGES * ROWS
    assert source.query("SELECT rounds, last_error FROM source_progress") == [(2, None)]


def test_sigterm_ends_a_hanging_fetch(source: Source) -> None:
    source.options["hang"] = True
    process = source.start(once=False)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "hanging\n"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)  # it would hang for ten minutes
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert '"event": "stopped"' in errors
