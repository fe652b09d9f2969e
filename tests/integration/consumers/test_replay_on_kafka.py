"""Replay: what is rebuilt from the log is what stood before, from the beginning or from a time, with live workers or without."""

import datetime as dt
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, cast

import psycopg
import pytest
from confluent_kafka import Consumer

from consumers.closing import ClosePass
from consumers.errors import ConsumerError, PartitionHaltedError, ReplayStalledError
from consumers.group import consumer_settings
from consumers.quarantining import DlqLimit
from consumers.replay import Replay, Replayed
from consumers.rewind import rewind
from consumers.session import connect_worker
from consumers.worker import Worker
from schemas.records import CanonicalTransaction
from tests.fixtures.operators import decide
from tests.fixtures.scene import MONDAY, Scene, digests_of, expected_digests, query
from tests.fixtures.waiting import PATIENCE_SECONDS
from tests.fixtures.workers import Log, applied_of, running_worker

pytestmark = pytest.mark.integration

_KINDS = ("core", "gateway", "mobile")


@pytest.fixture
def group() -> str:
    return f"replay-{secrets.token_hex(4)}"


def consume(log: Log, url: str, group: str) -> None:
    """A worker that applies all that is in the log, and leaves."""
    with running_worker(log, url, group) as wait:
        wait(lambda: all(applied_of(url, group).get(place, 0) >= end for place, end in log.ends.items()))


def replay(log: Log, url: str, group: str, since: dt.datetime | None, limit: DlqLimit | None = None) -> Replayed:
    lookup = Consumer({"bootstrap.servers": log.bootstrap, "group.id": f"{group}-lookup"})
    try:
        with psycopg.connect(url) as connection:
            return Replay(connection, lookup, log.scene.sources, log.scene.reconciliations, group).run(
                since,
                lambda stopping: Worker(
                    Consumer(consumer_settings(log.bootstrap, group)),
                    lambda: connect_worker(url),
                    log.scene.service(limit),
                    group,
                    stopping=stopping,
                ),
            )
    finally:
        lookup.close()


def decide_by_hand(scene: Scene, url: str) -> None:
    """Confirm the records that a typing error keeps apart, and unmatch a match."""
    decide(url, scene, "confirm", "three-way", *((kind, "typo") for kind in ("core", "gateway", "mobile")))
    ((members,),) = query(url, "SELECT members FROM match_view WHERE reconciliation = 'three-way' ORDER BY key LIMIT 1")
    named = query(url, "SELECT source, txn_id FROM transaction_view WHERE current AND txn_hash = ANY(%s)", members)
    decide(url, scene, "unmatch", "three-way", *((source.removesuffix(f"_{scene.suffix}"), txn_id) for source, txn_id in named))


def told_in_two_parts(scene: Scene, log: Log) -> tuple[Sequence[CanonicalTransaction], dt.datetime]:
    """Publish a world in two parts, each with watermarks; returns its records and a time between the parts."""
    records = [
        *(scene.record(kind, "typo", reference_number="R1") for kind in ("core", "gateway")),
        *scene.payments(150, seed=31),
        scene.record("mobile", "typo", reference_number="R9"),
    ]
    log.publish([*records[:250], *(scene.watermark(kind, MONDAY) for kind in ("core", "gateway", "mobile"))])
    time.sleep(0.1)
    between = dt.datetime.now(dt.UTC)
    time.sleep(0.1)
    week = dt.timedelta(days=7)
    log.publish([*records[250:], *(scene.watermark(kind, MONDAY + week) for kind in ("core", "gateway", "mobile"))])
    return records, between


@pytest.mark.parametrize("live", [False, True], ids=["alone", "with-a-live-worker"])
def test_equal_from_the_beginning_and_from_a_time(scene: Scene, log: Log, database_url: str, group: str, live: bool) -> None:
    records, between = told_in_two_parts(scene, log)
    consume(log, database_url, group)
    decide_by_hand(scene, database_url)
    found: list[Replayed] = []
    if live:
        # Idle, it keeps half of the partitions, and has to notice by itself that they were set back.
        with running_worker(log, database_url, group) as wait:
            wait(lambda: query(database_url, "SELECT FROM pg_stat_activity WHERE application_name = 'reconduit-worker'"))
            found += [replay(log, database_url, group, since) for since in (None, between)]
    else:
        found += [replay(log, database_url, group, since) for since in (None, between)]
    assert [one.equal for one in found] == [True, True]
    by_hand = "SELECT stage FROM match_view WHERE stage = 'manual' UNION ALL SELECT type FROM break_view WHERE type = 'REFERENCE' "
    assert query(database_url, f"{by_hand} ORDER BY 1") == [("REFERENCE",), ("manual",)]
    assert found[0].removed == len(set(records))
    assert 0 < found[1].removed < len(set(records))
    assert query(database_url, "SELECT count(*) FROM transaction") == [(len(set(records)),)]
    assert not log.faults(database_url)


def test_a_decision_that_was_tampered_with_is_healed(
    scene: Scene, log: Log, database_url: str, empty_copy_url: str, group: str
) -> None:
    records = scene.payments(60, seed=32)
    log.publish(records)
    consume(log, database_url, group)
    honest = expected_digests(scene, empty_copy_url, records)
    assert digests_of(database_url) == honest
    query(database_url, "UPDATE match SET amount_minor = 1 WHERE key = (SELECT min(key) FROM match) RETURNING 1")
    query(database_url, "DELETE FROM break WHERE key = (SELECT min(key) FROM break) RETURNING 1")
    assert digests_of(database_url) != honest
    done = replay(log, database_url, group, None)
    assert not done.equal
    assert digests_of(database_url) == honest


def test_the_command_tells_by_its_status(scene: Scene, log: Log, database_url: str, group: str) -> None:
    log.publish(scene.payments(20, seed=33))
    consume(log, database_url, group)
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": log.bootstrap,
        "DATABASE_URL": database_url,
        "RECONDUIT_SOURCES": str(scene.folder / "sources.yaml"),
        "RECONDUIT_RECONCILIATIONS": str(scene.folder / "rules"),
    }
    command = [sys.executable, "-m", "reconduit", "replay", "--from", "beginning", "--group", group]
    for status, said in ((0, "as before"), (1, "DIFFERS")):
        if status:
            query(database_url, "UPDATE match SET amount_minor = 1 RETURNING 1")
        done = subprocess.run(command, env=environment, timeout=PATIENCE_SECONDS, check=False, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        assert said in done.stdout


def test_a_partition_that_halts_ends_the_replay(scene: Scene, log: Log, database_url: str, group: str) -> None:
    log.publish(scene.payments(20, seed=34))
    topic = f"{scene.name('core')}_txns"
    log.publish_raw([(topic, 0, b"junk")])
    consume(log, database_url, group)
    whole = digests_of(database_url)
    with pytest.raises(PartitionHaltedError, match=rf"asked for again.*{topic}/0: too many messages in a row are bad"):
        replay(log, database_url, group, None, DlqLimit(max_ratio_percent=0, min_messages=1))
    assert replay(log, database_url, group, None).after == whole


class _Idle:
    """A worker of a group whose partitions are all somebody else's."""

    halted: ClassVar[dict[tuple[str, int], str]] = {}

    def __init__(self, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping

    def run(self) -> None:
        while not self._stopping():
            time.sleep(0.02)


def test_a_replay_that_nobody_reads_ends(scene: Scene, log: Log, database_url: str, group: str) -> None:
    log.publish(scene.payments(20, seed=35))
    consume(log, database_url, group)
    lookup = Consumer({"bootstrap.servers": log.bootstrap, "group.id": f"{group}-lookup"})
    with psycopg.connect(database_url) as connection:
        stalled = Replay(connection, lookup, scene.sources, scene.reconciliations, group, patience=0.5)
        with pytest.raises(ReplayStalledError, match=r"nothing was read again for 0.5 s.* at 0 of \d+.*recon_partition_halted"):
            stalled.run(None, lambda stopping: cast("Worker", _Idle(stopping)))
    lookup.close()


def test_nobody_closes_while_a_replay_reads(scene: Scene, log: Log, database_url: str, group: str) -> None:
    """A round in the middle would take what is not read again yet for missing, and seal it so."""
    log.publish([*scene.payments(20, seed=36), *(scene.watermark(kind, MONDAY + dt.timedelta(days=7)) for kind in _KINDS)])
    consume(log, database_url, group)
    seals = "SELECT since, cause, digest FROM book_seal ORDER BY book_seal_id"
    refused: list[bool] = []

    def worker(stopping: Callable[[], bool]) -> Worker:
        with psycopg.connect(database_url, options="-c lock_timeout=100ms") as other:
            closing = ClosePass(other, scene.sources, scene.reconciliations)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                closing.run()
            refused.append(True)
        consumer = Consumer(consumer_settings(log.bootstrap, group))
        return Worker(consumer, lambda: connect_worker(database_url), scene.service(), group, stopping=stopping)

    lookup = Consumer({"bootstrap.servers": log.bootstrap, "group.id": f"{group}-lookup"})
    with psycopg.connect(database_url) as connection:
        ClosePass(connection, scene.sources, scene.reconciliations).run()
        sealed = query(database_url, seals)
        assert Replay(connection, lookup, scene.sources, scene.reconciliations, group).run(None, worker).equal
    lookup.close()
    assert refused
    assert len(sealed) == 1
    assert query(database_url, seals) == sealed, "what came out as before has no new seal"


def test_nothing_is_rewound_forward(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO consumer_offset VALUES ('g', 't', 0, 5)")
        connection.commit()
        with pytest.raises(ConsumerError, match="t/0"):
            rewind(connection, "g", {("t", 0): 6}, {}, all_of_it=False)
    assert applied_of(database_url, "g") == {("t", 0): 5}
