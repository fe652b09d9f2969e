"""Workers that die, leave, join and come back from the dead: nothing is lost, nothing doubled, the decisions are the same."""

import json
import signal
import threading
import time
from collections.abc import Sequence

import psycopg
import pytest

from consumers.closing import ClosePass
from reconduit.faultpoint import EXIT_STATUS
from schemas.records import CanonicalTransaction
from tests.chaos.conftest import NewCrew
from tests.fixtures.scene import Scene, expected_digests, query
from tests.fixtures.waiting import PATIENCE_SECONDS
from tests.fixtures.workers import Crew, Log

FAULTS = ("consumer-polled", "consumer-in-transaction", "consumer-before-commit", "consumer-committed")


def close(crew: Crew) -> None:
    """Repair revisions that two workers stored at once, as the close pass does; final or not is no part of a digest."""
    with psycopg.connect(crew.url) as connection:
        ClosePass(connection, crew.log.scene.sources, crew.log.scene.reconciliations).run()


def test_killed_at_every_fault_point(scene: Scene, log: Log, new_crew: NewCrew, oracle_url: str) -> None:
    records = scene.payments(300, seed=11)
    log.publish(records)
    crews = [new_crew() for _ in FAULTS]
    for crew, fault in zip(crews, FAULTS, strict=True):
        crew.start(fault=f"{fault}:2")
    for crew in crews:
        # All at once, because what takes long is that the broker gives up the dead.
        assert crew.processes[0].wait(PATIENCE_SECONDS) == EXIT_STATUS, crew.said(0)
    stored = [sum(crew.applied().values()) for crew in crews]
    for crew in crews:
        crew.start(rows=1_000)
    expected = expected_digests(scene, oracle_url, records)
    for crew in crews:
        crew.wait_applied()
        crew.stop()
        assert crew.digests() == expected
        assert not log.faults(crew.url)
    # The point behind the second commit is reached with two batches stored, each of the others with one.
    assert all(0 < one < stored[3] for one in stored[:3]), stored


class Load(threading.Thread):
    """Publishes little by little, and ever slower, so that workers come and go under load; `finish` publishes the rest at once."""

    def __init__(self, log: Log, records: Sequence[CanonicalTransaction]) -> None:
        super().__init__(daemon=True)
        self._log, self._records = log, records
        self._hurry = threading.Event()

    def run(self) -> None:
        for start in range(0, len(self._records), 20):
            self._log.publish(self._records[start : start + 20])
            # However long a worker takes to start, there is something left for it.
            self._hurry.wait(0.05 if start < len(self._records) / 2 else 2)

    def finish(self) -> None:
        assert self.is_alive(), "the load ended before the workers had come and gone"
        self._hurry.set()
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive()


def test_a_second_worker_joins_leaves_and_is_killed(scene: Scene, log: Log, new_crew: NewCrew, oracle_url: str) -> None:
    crew = new_crew()
    records = scene.payments(1_000, seed=12)
    load = Load(log, records)
    load.start()
    crew.start(rows=50)
    crew.wait(lambda: '"event": "batch"' in crew.said(0), "a batch of the first worker")
    crew.start(rows=50)
    crew.wait(lambda: '"event": "batch"' in crew.said(1), "a batch of the second worker")
    crew.processes[1].send_signal(signal.SIGTERM)
    assert crew.processes[1].wait(PATIENCE_SECONDS) == 0, crew.said(1)
    crew.start(rows=50)
    crew.wait(lambda: '"event": "batch"' in crew.said(2), "a batch of the third worker")
    crew.processes[2].kill()
    load.finish()
    crew.wait_applied()
    crew.stop()
    close(crew)
    assert crew.digests() == expected_digests(scene, oracle_url, records)
    assert not log.faults(crew.url)
    # Cooperative: while others came and went, the first one kept some partitions and its place in them all along.
    kept = [json.loads(line)["total"] for line in crew.said(0).splitlines() if '"event": "revoked"' in line]
    assert min(kept[:-1]) > 0, kept


@pytest.mark.slow
def test_a_zombie_changes_nothing(scene: Scene, log: Log, new_crew: NewCrew, oracle_url: str) -> None:
    """A worker sleeps beyond its session, in the middle of its work; another takes over; then the sleeper wakes."""
    crew = new_crew()
    records = scene.payments(300, seed=13)
    log.publish(records[:600])
    sleeper = crew.start(rows=20)
    crew.wait(lambda: '"event": "batch"' in crew.said(0), "a first batch")
    sleeper.send_signal(signal.SIGSTOP)
    before = sum(crew.applied().values())
    crew.start()
    crew.wait(lambda: sum(crew.applied().values()) > before, "a take-over")
    log.publish(records[600:])
    crew.wait_applied()
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(2)
    log.publish(records[:10])
    crew.wait_applied()
    assert sleeper.poll() is None, crew.said(0)
    crew.stop()
    assert crew.digests() == expected_digests(scene, oracle_url, records)
    assert not log.faults(crew.url)
    ((count,),) = query(crew.url, "SELECT count(*) FROM transaction")
    assert count == len(set(records))
