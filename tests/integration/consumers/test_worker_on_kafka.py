"""A worker on real Kafka and Postgres: halted partitions, moved and lost offsets, a database that goes away."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
import structlog
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client import REGISTRY
from psycopg import Connection

from consumers.batch import Batch
from consumers.errors import OffsetConflictError
from consumers.offsets import OffsetRange, begin_partition, move_offsets, stored_offsets
from consumers.quarantining import DlqLimit
from consumers.service import Prepared, ReconcileService
from consumers.stream_pass import Applied
from schemas.registry import CommittedIds
from tests.fixtures.scene import PARTITIONS, Scene, digests_of, expected_digests, faults_of, query
from tests.fixtures.workers import Log, applied_of, running_worker

pytestmark = pytest.mark.integration


@pytest.fixture
def group() -> str:
    return f"worker-{secrets.token_hex(4)}"


def everything_applied(log: Log, url: str, group: str) -> Callable[[], bool]:
    return lambda: all(applied_of(url, group).get(place, 0) >= end for place, end in log.ends.items())


@pytest.mark.parametrize(
    ("stored", "start", "fits"),
    [(5, 5, True), (5, 4, False), (5, 6, False), (None, 0, False)],
    ids=["same", "behind", "ahead", "new"],
)
def test_offsets_move_by_compare_and_set_alone(database_url: str, stored: int | None, start: int, fits: bool) -> None:
    with psycopg.connect(database_url) as connection:
        if stored is not None:
            begin_partition(connection, "g", "t", 0, stored)
        moves = [OffsetRange("t", 0, start, 9)]
        if fits:
            move_offsets(connection, "g", moves)
        else:
            with pytest.raises(OffsetConflictError, match="t/0"):
                move_offsets(connection, "g", moves)
        assert stored_offsets(connection, "g", ["t"]) == ({} if stored is None else {("t", 0): 9 if fits else stored})


def test_a_poisoned_partition_halts_and_continues_when_allowed(scene: Scene, log: Log, database_url: str, group: str) -> None:
    core = f"{scene.name('core')}_txns"
    good = [scene.record(kind, f"{kind}{n}", reference_number=f"R{n}") for n in range(40) for kind in ("core", "gateway", "mobile")]
    log.publish_raw((core, 0, b"junk") for _ in range(30))
    log.publish(good)
    strict = scene.service(DlqLimit(max_ratio_percent=20, min_messages=20))
    others = {place: end for place, end in log.ends.items() if place != (core, 0)}
    with structlog.testing.capture_logs() as logs, running_worker(log, database_url, group, service=strict, rows=1_000) as wait:
        wait(lambda: all(applied_of(database_url, group).get(place, 0) >= end for place, end in others.items()))
        wait(lambda: any(entry["event"] == "partition_halted" for entry in logs))
        assert REGISTRY.get_sample_value("recon_partition_halted", {"topic": core, "partition": "0"}) == 1
        assert applied_of(database_url, group)[core, 0] == 0, "the halted partition's offset has not moved"
        assert query(database_url, "SELECT count(*) FROM quarantine") == [(0,)]
    (halted,) = [entry for entry in logs if entry["event"] == "partition_halted"]
    assert (halted["topic"], halted["partition"], halted["log_level"]) == (core, 0, "error")
    with running_worker(log, database_url, group, service=scene.service(DlqLimit(max_ratio_percent=100))) as wait:
        wait(everything_applied(log, database_url, group))
    assert query(database_url, "SELECT count(*), min(reason) FROM quarantine") == [(30, "wire_format")]
    assert query(database_url, "SELECT count(*) FROM match") == [(40,)]
    assert not log.faults(database_url)


@pytest.mark.parametrize("how", ["deleted", "beyond"])
def test_a_lost_offset_halts_its_partition(scene: Scene, log: Log, database_url: str, group: str, how: str) -> None:
    """What the stored offset points at is gone, or never was: the partition stops and says so; it jumps nowhere."""
    core = f"{scene.name('core')}_txns"
    log.publish(scene.record("core", f"c{n}", reference_number=f"R{n}") for n in range(40))
    wrong = 3 if how == "deleted" else 10_000
    with psycopg.connect(database_url) as connection:
        begin_partition(connection, group, core, 0, wrong)
    if how == "deleted":
        admin = AdminClient({"bootstrap.servers": log.bootstrap})
        for done in admin.delete_records([TopicPartition(core, 0, 10)]).values():
            done.result(timeout=60)
    with structlog.testing.capture_logs() as logs, running_worker(log, database_url, group) as wait:
        wait(lambda: any(entry["event"] == "partition_halted" for entry in logs))
        wait(lambda: applied_of(database_url, group).get((core, 1)) == log.ends[core, 1])
        assert applied_of(database_url, group)[core, 0] == wrong
    (halted,) = [entry for entry in logs if entry["event"] == "partition_halted"]
    assert (halted["topic"], halted["partition"]) == (core, 0)
    assert "offset" in halted["reason"].lower()


class Interrupting(ReconcileService):
    """A service in whose work something happens, as other processes would make it, at batches that go on from others."""

    def __init__(self, scene: Scene, happenings: Sequence[Callable[[Connection[Any]], None] | None], *, preparing: bool) -> None:
        super().__init__(scene.sources, scene.reconciliations, CommittedIds())
        self._happenings = list(happenings)
        self._preparing = preparing
        self.url = ""

    def _happen(self, batch: Batch) -> None:
        first: dict[tuple[str, int], int] = {}
        for topic, partition, offset in zip(batch.topics, batch.partitions, batch.offsets, strict=True):
            first.setdefault((topic, partition), offset)
        happening = self._happenings.pop(0) if self._happenings and any(first.values()) else None
        if happening is not None:
            with psycopg.connect(self.url) as other:
                happening(other)

    def prepare(self, batch: Batch) -> Prepared:
        if self._preparing:
            self._happen(batch)
        return super().prepare(batch)

    def apply(self, connection: Connection[Any], prepared: Prepared) -> Applied:
        applied = super().apply(connection, prepared)
        if not self._preparing:
            self._happen(prepared.batch)
        return applied


def test_a_zombies_batch_fails_its_compare_and_set(
    scene: Scene, log: Log, database_url: str, empty_copy_url: str, group: str
) -> None:
    """The worker has a batch in hand when the stored offsets move elsewhere: it keeps nothing of it and goes on from there."""
    records = scene.payments(100, seed=21)
    log.publish(records)

    def rewind(other: Connection[Any]) -> None:
        other.execute("UPDATE consumer_offset SET next_offset = 0 WHERE consumer_group = %s", (group,))

    service = Interrupting(scene, [rewind], preparing=True)
    service.url = database_url
    with structlog.testing.capture_logs() as logs, running_worker(log, database_url, group, service=service, rows=20) as wait:
        wait(everything_applied(log, database_url, group))
    (conflict,) = [entry for entry in logs if entry["event"] == "offset_conflict"]
    assert "stored offset is 0" in conflict["detail"]
    assert digests_of(database_url) == expected_digests(scene, empty_copy_url, records)
    assert not log.faults(database_url)


@pytest.mark.parametrize("preparing", [True, False], ids=["before", "inside"])
def test_postgres_ends_the_workers_session(
    scene: Scene, log: Log, database_url: str, empty_copy_url: str, group: str, preparing: bool
) -> None:
    records = scene.payments(100, seed=22)
    log.publish(records)

    def terminate(other: Connection[Any]) -> None:
        other.execute(
            # The worker's alone: this test looks at the offsets all the while.
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'reconduit-worker'"
        )

    service = Interrupting(scene, [None, terminate, None, terminate, terminate], preparing=preparing)
    service.url = database_url
    with structlog.testing.capture_logs() as logs, running_worker(log, database_url, group, service=service, rows=20) as wait:
        wait(everything_applied(log, database_url, group))
    assert len([entry for entry in logs if entry["event"] == "batch_retry"]) >= 2
    assert digests_of(database_url) == expected_digests(scene, empty_copy_url, records)
    assert not log.faults(database_url)


class Sleeping(ReconcileService):
    """A service whose process is stopped once, in the middle of a transaction, for longer than the server puts up with."""

    slept = False

    def apply(self, connection: Connection[Any], prepared: Prepared) -> Applied:
        applied = super().apply(connection, prepared)
        if not self.slept:
            self.slept = True
            ((limit,),) = connection.execute("SHOW idle_in_transaction_session_timeout").fetchall()
            assert limit == "20s", "without a limit a stopped worker would block whoever takes over"
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = '100ms'")
            time.sleep(0.5)
        return applied


def test_a_worker_that_slept_in_a_transaction_loses_it_and_goes_on(scene: Scene, log: Log, database_url: str, group: str) -> None:
    records = scene.payments(50, seed=24)
    log.publish(records)
    service = Sleeping(scene.sources, scene.reconciliations, CommittedIds())
    with structlog.testing.capture_logs() as logs, running_worker(log, database_url, group, service=service) as wait:
        wait(everything_applied(log, database_url, group))
    assert [entry["error"] for entry in logs if entry["event"] == "batch_retry"] == ["IdleInTransactionSessionTimeout"]
    assert not log.faults(database_url)


def test_an_idle_worker_follows_a_rewound_offset(scene: Scene, log: Log, database_url: str, group: str) -> None:
    log.publish(scene.record("core", f"c{n}", reference_number=f"R{n}") for n in range(20))
    with running_worker(log, database_url, group) as wait:
        wait(everything_applied(log, database_url, group))
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE consumer_offset SET next_offset = 0")
            connection.execute("TRUNCATE transaction, match, break")
        wait(everything_applied(log, database_url, group))
    assert query(database_url, "SELECT count(*) FROM transaction") == [(20,)]
    assert not faults_of(database_url)


def test_two_workers_share_partitions_by_number(scene: Scene, log: Log, database_url: str, group: str) -> None:
    records = scene.payments(200, seed=23)
    with running_worker(log, database_url, group) as wait, running_worker(log, database_url, group):
        publisher = threading.Thread(target=log.publish, args=(records,))
        publisher.start()
        publisher.join()
        wait(everything_applied(log, database_url, group))
    ends = applied_of(database_url, group)
    assert {partition for _, partition in ends} == set(range(PARTITIONS))
    assert query(database_url, "SELECT count(*) FROM transaction") == [(len(set(records)),)]
