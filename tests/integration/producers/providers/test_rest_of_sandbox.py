"""A feed of the sandbox, described by a file alone, on its way to Kafka; killed in the middle, it goes on."""

import datetime as dt
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import fastavro
import psycopg
import pytest
import yaml

from deploy.local.services import Services
from producers.kit.registry import build_connector
from producers.sandbox.faults import FaultPlan
from producers.sandbox.server import create_app, generate_credentials
from producers.sandbox.world import SeededWorld
from reconduit.sources import SourceConfig
from schemas.catalogue import TRANSACTION, current_schema
from schemas.records import CanonicalTransaction
from schemas.wire import decode_body, split_header
from tests.fixtures.app_server import serving_app
from tests.fixtures.topics import header, read_topic

AS_OF = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
WORLD = SeededWorld(11, AS_OF, 300)
DEFINITION = """
auth: {kind: bearer}
request: {path: /records, params: {limit: 100}}
records: records
paging: {strategy: cursor, param: after, token: next, has_more: has_more, start: ""}
incremental: {by: cursor}
requests_per_second: 20
fields:
  id: id
  account: account
  currency: currency
  amount: amount
  direction: {field: direction, map: {CREDIT: CREDIT, DEBIT: DEBIT}}
  booked_at: booked_at
  value_date: {field: value_date, format: date, zone: UTC}
  status: {field: status, map: {SUCCESS: SUCCESS, FAILED: FAILED, PENDING: PENDING, VOID: VOID}}
  reversal: reversal
  revision: revision
  channel: channel
  transaction_type: type
  reference_number: reference
  counterparty_name: counterparty
  description: description
watermark: {field: complete_through}
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address of the feed, and the file with its token; every third answer or so fails."""
    credentials = generate_credentials(tmp_path, ())
    faults = FaultPlan(seed=5, per_thousand=200, slow_seconds=0.05)
    with serving_app(create_app(WORLD, lambda: NOW, credentials, faults, ())) as address:
        yield f"{address}/feeds/core", tmp_path / "core" / "token"


def by_connector(address: str, token: Path) -> dict[tuple[str, int], CanonicalTransaction]:
    """What the connector that is code makes of the feed."""
    config = SourceConfig(name="core", connector="core", base_url=address, secrets={"token": {"file": str(token)}})
    with closing(build_connector(config)) as connector:
        records = [record for page in connector.poll({}, NOW) for record in page.transactions]
    return {(record.txn_id, record.revision): record for record in records}


def test_a_file_alone_brings_the_feed_to_kafka_and_a_kill_loses_nothing(
    sandbox: tuple[str, Path], kafka_services: Services, database_url: str, tmp_path: Path
) -> None:
    address, token = sandbox
    name = f"file_{secrets.token_hex(4)}"
    (tmp_path / "definition.yaml").write_text(DEFINITION, encoding="utf-8")
    source = {
        "name": name,
        "connector": "rest",
        "base_url": address,
        "options": {"definition": str(tmp_path / "definition.yaml")},
        "secrets": {"token": {"file": str(token)}},
    }
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
    bootstrap = str(kafka_services.kafka_bootstrap_servers)
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "DATABASE_URL": database_url,
        "RECONDUIT_SOURCES": str(tmp_path / "sources.yaml"),
        "RECONDUIT_OBJECTS": str(tmp_path / "objects"),
        "RECONDUIT_KAFKA_MOCK": str(kafka_services.kafka_kind == "mock"),
    }

    def produce(fault: str | None = None) -> int:
        faults = {} if fault is None else {"RECONDUIT_FAULT": fault}
        argv = [sys.executable, "-m", "reconduit", "produce", name, "--once"]
        done = subprocess.run(argv, env=environment | faults, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode in {0, 137}, done.stderr
        assert token.read_text() not in done.stderr
        return done.returncode

    def cursor() -> dict[str, Any]:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT cursor FROM source_cursor").fetchone()
        return dict(row[0]) if row else {}

    assert produce("flushed-no-cursor:3") == 137
    stopped = cursor()["listings"][""]
    assert stopped["after"]
    assert len(stopped["seen"]) > 0
    assert produce() == 0
    assert produce() == 0

    schema = fastavro.parse_schema(current_schema(TRANSACTION))
    messages = list(read_topic(bootstrap, f"{name}_txns"))
    times = Counter(header(message, "ce_id") for message in messages)
    assert max(times.values()) <= 2
    found = {}
    for message in messages:
        record = decode_body(split_header(message.value())[1], schema)
        found[record["txn_id"].partition(":")[2], record["revision"]] = record
    expected = by_connector(address, token)
    assert len(expected) > 300
    assert found.keys() == expected.keys()
    own = {"source", "txn_id", "raw_ref", "ingested_at", "bank_code"}
    for key, record in expected.items():
        for field in fields(record):
            if field.name not in own:
                assert found[key][field.name] == getattr(record, field.name), f"{key}: {field.name}"
    [mark] = read_topic(bootstrap, f"{name}_statements")
    assert header(mark, "ce_id")
