"""Quarantined messages reach their source's dead-letter topic: confirmed before they are marked, and never lost."""

import os
import secrets
import subprocess
import sys

import psycopg
import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from consumers.dlq_relay import DlqRelay
from reconduit.faultpoint import EXIT_STATUS
from tests.fixtures.scene import PARTITIONS, Scene, query
from tests.fixtures.waiting import PATIENCE_SECONDS
from tests.fixtures.workers import Log

pytestmark = pytest.mark.integration

_WAITING = "SELECT count(*) FROM quarantine WHERE relayed_at IS NULL"


def set_aside(url: str, source: str, *raws: bytes, stage: str = "consumer") -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO quarantine (source, stage, reason, detail, position, raw, headers) VALUES (%s, %s, %s, %s, %s, %s, '{}')",
            [(source, stage, "avro_body", f"bad € {at}", f"{source}_txns/0/{at}", raw) for at, raw in enumerate(raws)],
        )


def dead_letters(log: Log, source: str) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": log.bootstrap, "group.id": f"read-{secrets.token_hex(4)}"})
    try:
        places = [TopicPartition(f"{source}_txns_dlq", number, 0) for number in range(PARTITIONS)]
        count = sum(consumer.get_watermark_offsets(place, timeout=60)[1] for place in places)
        consumer.assign(places)
        return consumer.consume(count, timeout=60) if count else []
    finally:
        consumer.close()


def relay(log: Log, url: str) -> int:
    with psycopg.connect(url) as connection:
        return DlqRelay(connection, log.bootstrap, log.scene.sources).run()


def test_rows_are_relayed_once_with_bytes_and_reason(scene: Scene, log: Log, database_url: str) -> None:
    core, gateway = scene.name("core"), scene.name("gateway")
    raws = [bytes([number % 256]) * number for number in range(700)]  # more than one transaction takes
    set_aside(database_url, core, *raws)
    set_aside(database_url, gateway, b"\x00\xff")
    set_aside(database_url, "elsewhere", b"a source of somebody else")
    set_aside(database_url, scene.name("bank"), b"never was in Kafka", stage="producer")
    assert relay(log, database_url) == 701
    found = {message.key(): message for message in dead_letters(log, core)}
    assert len(found) == 700
    assert all(found[f"{core}_txns/0/{at}".encode()].value() == raw for at, raw in enumerate(raws))
    headers = {name: value.decode() for name, value in found[f"{core}_txns/0/7".encode()].headers()}
    assert headers == {"reason": "avro_body", "detail": "bad € 7", "position": f"{core}_txns/0/7", "stage": "consumer"}
    assert [message.value() for message in dead_letters(log, gateway)] == [b"\x00\xff"]
    assert relay(log, database_url) == 0
    assert len(dead_letters(log, core)) == 700
    assert query(database_url, _WAITING) == [(2,)]


def test_a_message_that_kafka_refuses_holds_up_no_other(scene: Scene, log: Log, database_url: str) -> None:
    core = scene.name("core")
    set_aside(database_url, core, b"first", b"x" * 1_100_000, b"last")
    assert relay(log, database_url) == 2
    assert {message.value() for message in dead_letters(log, core)} == {b"first", b"last"}
    assert query(database_url, "SELECT position FROM quarantine WHERE relayed_at IS NULL") == [(f"{core}_txns/0/1",)]


def run_close(log: Log, url: str, fault: str | None = None) -> int:
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": log.bootstrap,
        "DATABASE_URL": url,
        "RECONDUIT_SOURCES": str(log.scene.folder / "sources.yaml"),
        "RECONDUIT_RECONCILIATIONS": str(log.scene.folder / "rules"),
    }
    environment |= {} if fault is None else {"RECONDUIT_FAULT": fault}
    command = [sys.executable, "-m", "reconduit", "close", "--once"]
    return subprocess.run(command, env=environment, timeout=PATIENCE_SECONDS, check=False, capture_output=True).returncode


def test_killed_before_the_mark_it_sends_again(scene: Scene, log: Log, database_url: str) -> None:
    """At least once: dead between delivery and mark, it leaves the rows waiting, and `reconduit close` sends them anew."""
    core = scene.name("core")
    set_aside(database_url, core, b"bad")
    assert run_close(log, database_url, fault="relay-before-mark:1") == EXIT_STATUS
    assert query(database_url, _WAITING) == [(1,)]
    assert run_close(log, database_url) == 0
    assert query(database_url, _WAITING) == [(0,)]
    assert [message.value() for message in dead_letters(log, core)] == [b"bad", b"bad"]
