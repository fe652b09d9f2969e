"""Two workers hold halves of one group in open transactions; whoever comes second waits, and the match is made."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from consumers.closing import ClosePass
from consumers.service import ReconcileService
from schemas.records import CanonicalTransaction, Direction
from tests.fixtures.scene import Scene, batch_of, digests_of, expected_digests, faults_of, query
from tests.fixtures.waiting import PATIENCE_SECONDS
from tests.integration.consumers.conftest import Open

pytestmark = pytest.mark.integration

Halves = tuple[Sequence[CanonicalTransaction], Sequence[CanonicalTransaction]]


def keyed(scene: Scene) -> Halves:
    core, gateway, mobile = (scene.record(kind, kind, reference_number="R1") for kind in ("core", "gateway", "mobile"))
    return [core], [gateway, mobile]


def settled(scene: Scene) -> Halves:
    return [scene.record("pay", "p", settlement_id="UTR1")], [scene.record("payout", "b", settlement_id="UTR1")]


def tied_by_second_key(scene: Scene) -> Halves:
    """The bank's record is partitioned by a reference that nobody else has; its settlement id ties it."""
    bank = scene.record("bank", "b", reference_number="OWN1", settlement_id="UTR1")
    return [scene.record("pay", "p", settlement_id="UTR1")], [bank]


def tied_by_its_only_key(scene: Scene) -> Halves:
    bank = scene.record("bank", "b", settlement_id="UTR1", direction=Direction.CREDIT)
    return [scene.record("pay", "p", settlement_id="UTR1")], [bank]


class Half(threading.Thread):
    """A worker's transaction on a thread of its own, applied but not committed until told to."""

    def __init__(
        self, connection: psycopg.Connection[Any], service: ReconcileService, scene: Scene, records: Sequence[CanonicalTransaction]
    ) -> None:
        super().__init__(daemon=True)
        self._connection, self._service = connection, service
        self._prepared = service.prepare(batch_of(scene, records))
        service.ensure_sources(connection, self._prepared)
        self._pid = connection.info.backend_pid
        self.applied = threading.Event()
        self.may_commit = threading.Event()

    def run(self) -> None:
        self._service.apply(self._connection, self._prepared)
        self.applied.set()
        self.may_commit.wait(PATIENCE_SECONDS)
        self._connection.commit()

    def is_waiting_for_a_lock(self, url: str) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            ((waiting,),) = query(
                url, "SELECT count(*) FROM pg_locks WHERE pid = %s AND locktype = 'advisory' AND NOT granted", self._pid
            )
            if waiting:
                return True
            if self.applied.wait(0.02):
                return False
        return False


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["left-first", "right-first"])
@pytest.mark.parametrize("halves", [keyed, settled, tied_by_second_key, tied_by_its_only_key])
def test_the_second_waits_and_makes_the_match(scene: Scene, database_url: str, open_service: Open, halves, order) -> None:
    both = halves(scene)
    first, second = (Half(*open_service(), scene, both[index]) for index in order)
    first.start()
    assert first.applied.wait(PATIENCE_SECONDS)
    second.start()
    assert second.is_waiting_for_a_lock(database_url)
    assert not second.applied.is_set()
    first.may_commit.set()
    assert second.applied.wait(PATIENCE_SECONDS)
    second.may_commit.set()
    for half in (first, second):
        half.join(PATIENCE_SECONDS)
    ((members,),) = query(database_url, "SELECT cardinality(members) FROM match_view")
    assert members == len(both[0]) + len(both[1])
    assert not faults_of(database_url)


def test_groups_of_different_shards_do_not_wait(scene: Scene, open_service: Open) -> None:
    first = Half(*open_service(), scene, [scene.record("core", "a", reference_number="R1")])
    second = Half(*open_service(), scene, [scene.record("core", "b", reference_number="R2")])
    first.start()
    assert first.applied.wait(PATIENCE_SECONDS)
    second.start()
    assert second.applied.wait(PATIENCE_SECONDS), "R1 and R2 are in different shards"
    for half in (first, second):
        half.may_commit.set()
        half.join(PATIENCE_SECONDS)


def test_many_overlapping_batches_end_like_one(scene: Scene, database_url: str, open_service: Open, empty_copy_url: str) -> None:
    """Four workers apply random shares at once; no lost match, no double decision, no deadlock."""
    records = scene.payments(300, seed=5)
    shares = [records[index::4] for index in range(4)]
    failures: list[BaseException] = []

    def work(index: int, share: Sequence[CanonicalTransaction]) -> None:
        connection, service = workers[index]
        try:
            for start in range(0, len(share), 40):
                prepared = service.prepare(batch_of(scene, share[start : start + 40]))
                service.apply(connection, prepared)
                connection.commit()
        except psycopg.Error as error:
            failures.append(error)

    workers = [open_service() for _ in shares]
    threads = [threading.Thread(target=work, args=(index, share)) for index, share in enumerate(shares)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not failures
    # Revisions that met in flight are what the close pass repairs; nothing else may differ.
    with psycopg.connect(database_url) as connection:
        ClosePass(connection, scene.sources, scene.reconciliations).run()
    assert digests_of(database_url) == expected_digests(scene, empty_copy_url, records)
    assert not faults_of(database_url)
