"""Bad messages: to quarantine with reason, place and bytes, in the batch's own transaction; too many, and the partition stops."""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import fastavro
import psycopg
import pytest
from confluent_kafka import Consumer
from psycopg import Connection

from consumers.batch import Batch
from consumers.offsets import begin_partition
from consumers.quarantining import DlqLimit
from consumers.service import Prepared, ReconcileService
from consumers.stream_pass import Applied
from consumers.worker import Worker
from schemas.records import CanonicalTransaction
from schemas.registry import CommittedIds
from tests.fixtures.scene import MONDAY, Scene, batch_of, query
from tests.integration.consumers.conftest import Open

pytestmark = pytest.mark.integration

_ROWS = "SELECT reason, position, raw, stage, source FROM quarantine ORDER BY quarantine_id"


def poisons(scene: Scene) -> list[tuple[str, bytes | None]]:
    """Each kind of bad message with the reason it is to get."""
    good = scene.encode(scene.record("core", "c", reference_number="R1"))
    lower = scene.encode(replace(scene.record("core", "c", reference_number="R1"), currency="inr"))
    foreign = scene.encode(scene.record("gateway", "g", reference_number="R1"))
    nameless = scene.encode(scene.record("core", ""))
    return [
        ("avro_body", good[:-4]),
        ("avro_body", good + b"\x00"),
        ("wire_format", b"\x01" + good[1:]),
        ("wire_format", b"{}"),
        ("wire_format", b""),
        ("wire_format", None),
        ("schema_id", b"\x00\x7f\xff\xff\xff" + good[5:]),
        ("currency", lower),
        ("source", foreign),
        ("identity", nameless),
        ("text", scene.encode(scene.record("core", "long", reference_number="R" * 1_001))),
    ]


def mixed(scene: Scene, good: Sequence[CanonicalTransaction], bad: Sequence[bytes | None], kind: str = "core") -> Batch:
    """Good records, and bad values behind them in partition 0 of one source's topic."""
    batch = batch_of(scene, good)
    topic = f"{scene.name(kind)}_txns"
    for value in bad:
        offset = batch.ends.get((topic, 0), 0)
        batch.topics.append(topic)
        batch.partitions.append(0)
        batch.offsets.append(offset)
        batch.values.append(value)
        batch.ends[topic, 0] = offset + 1
    return batch


def test_each_bad_message_is_kept_with_its_reason(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    wanted = poisons(scene)
    batch = mixed(scene, [], [value for _, value in wanted])
    prepared = service.prepare(batch)
    service.apply(connection, prepared)
    connection.commit()
    topic = f"{scene.name('core')}_txns"
    expected = {
        (reason, f"{topic}/0/{offset}", value or b"", "consumer", scene.name("core"))
        for offset, (reason, value) in enumerate(wanted)
    }
    assert set(query(database_url, _ROWS)) == expected
    assert query(database_url, "SELECT count(*) FROM transaction") == [(0,)]
    service.apply(connection, service.prepare(batch))  # a redelivery of the same places
    connection.commit()
    assert query(database_url, "SELECT count(*) FROM quarantine") == [(len(expected),)]


def test_good_records_between_bad_ones_are_stored(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    good = [scene.record(kind, kind, reference_number="R1") for kind in ("core", "gateway", "mobile")]
    service.apply(connection, service.prepare(mixed(scene, good, [value for _, value in poisons(scene)])))
    connection.commit()
    assert query(database_url, "SELECT key FROM match_view") == [("R1",)]


def test_quarantine_rolls_back_with_its_batch(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    service.apply(connection, service.prepare(mixed(scene, [], [b"junk"])))
    connection.rollback()
    assert query(database_url, _ROWS) == []


@pytest.mark.parametrize(("bad", "good", "halts"), [(9, 0, False), (10, 0, True), (10, 10, False), (10, 9, True)])
def test_too_many_halt_their_partition_alone(scene: Scene, bad: int, good: int, halts: bool) -> None:
    service = scene.service(DlqLimit(max_ratio_percent=50, min_messages=10))
    topic = f"{scene.name('core')}_txns"
    batch = mixed(scene, [], [b"junk"] * bad)
    for number in range(good):
        record = scene.encode(scene.record("core", f"c{number}"))
        batch.topics.append(topic)
        batch.partitions.append(0)
        batch.offsets.append(bad + number)
        batch.values.append(record)
    other = mixed(scene, [], [b"junk"], kind="gateway")
    for name in ("topics", "partitions", "offsets", "values"):
        getattr(batch, name).extend(getattr(other, name))
    assert service.prepare(batch).halted == ({(topic, 0)} if halts else set())


def test_what_postgres_or_the_calendar_cannot_hold_is_quarantined(scene: Scene, database_url: str, open_service: Open) -> None:
    """A record that Avro and the stream pass take, and that then fails the batch or the close pass, would do so for ever."""
    connection, service = open_service()
    records = [
        scene.record("core", "nul\x00"),
        scene.record("core", "in the tenant", tenant_id="\x00"),
        scene.record("core", "much", amount_minor=2**62, reference_number="R1"),
        scene.record("core", "dear", fee_minor=-(2**62), reference_number="R1"),
        scene.record("core", "long ago", booked_at=dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        scene.record("core", "some day", value_date=dt.date(9999, 1, 1)),
        scene.record("core", "odd", description='quote " back \\ slash \x1e \x1f \n tab \t', counterparty_name="🏦"),
        scene.record("core", "free", amount_minor=0, value_date=None),
    ]
    prepared = service.prepare(batch_of(scene, records))
    service.ensure_sources(connection, prepared)
    service.apply(connection, prepared)
    connection.commit()
    assert query(database_url, "SELECT reason, count(*) FROM quarantine GROUP BY 1 ORDER BY 1") == [
        ("amount", 1),
        ("fee", 1),
        ("text", 2),
        ("time", 2),
    ]
    kept = query(database_url, "SELECT txn_id, detail ->> 'description' FROM transaction ORDER BY 1")
    assert kept == [("free", None), ("odd", 'quote " back \\ slash \x1e \x1f \n tab \t')]


@pytest.mark.parametrize("microseconds", [2**62, -(2**62), 253_402_300_800_000_000])
def test_a_time_that_no_calendar_has_is_quarantined(scene: Scene, microseconds: int) -> None:
    prepared = scene.service().prepare(mixed(scene, [], [with_time(scene, microseconds)]))
    assert [one.reason for one in prepared.rejected] in (["time"], ["avro_body"])


def with_time(scene: Scene, microseconds: int) -> bytes:
    """A record whose booked_at no Python time can hold."""
    good = scene.encode(scene.record("core", "when"))
    plain, other = io.BytesIO(), io.BytesIO()
    fastavro.schemaless_writer(plain, "long", int(MONDAY.timestamp()) * 1_000_000)
    fastavro.schemaless_writer(other, "long", microseconds)
    assert good.count(plain.getvalue()) == 2, "booked_at and ingested_at"
    return good.replace(plain.getvalue(), other.getvalue(), 1)


class Picky(ReconcileService):
    """A service whose database refuses one record that every check let through."""

    def apply(self, connection: Connection[Any], prepared: Prepared) -> Applied:
        if "poison" in prepared.transactions["txn_id"].to_list():
            raise psycopg.DataError("value out of range")
        return super().apply(connection, prepared)


def test_what_the_database_refuses_is_found_and_set_apart(scene: Scene, database_url: str) -> None:
    good = [scene.record(kind, f"{kind}{n}", reference_number=f"R{n}") for n in range(9) for kind in ("core", "gateway", "mobile")]
    batch = batch_of(scene, [*good[:11], scene.record("core", "poison", reference_number="R3"), *good[11:]])
    service = Picky(scene.sources, scene.reconciliations, CommittedIds())
    worker = Worker(
        Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0}),
        lambda: psycopg.connect(database_url),
        service,
        "g",
    )
    with psycopg.connect(database_url) as connection:
        for topic, partition in batch.ends:
            begin_partition(connection, "g", topic, partition, 0)
    worker._process(batch, dict.fromkeys(batch.ends, 0))
    assert query(database_url, "SELECT reason, raw FROM quarantine") == [("refused_by_database", batch.values[11])]
    assert query(database_url, "SELECT count(*) FROM transaction") == [(27,)]
    assert query(database_url, "SELECT count(*) FROM match") == [(9,)]
    stored = query(database_url, "SELECT topic, partition, next_offset FROM consumer_offset")
    assert {(topic, partition): end for topic, partition, end in stored} == batch.ends
