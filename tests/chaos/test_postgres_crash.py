"""PostgreSQL crashes under a worker's hands and recovers: nothing is lost, nothing doubled."""

import os
import signal
from typing import Any

import psycopg
import pytest

from tests.chaos.conftest import NewCrew
from tests.fixtures.scene import Scene, expected_digests, query
from tests.fixtures.waiting import eventually
from tests.fixtures.workers import Crew, Log


def crash(url: str) -> None:
    """Kill one session's server process, as the kernel does when memory is out; PostgreSQL then ends all and recovers its log."""
    with psycopg.connect(url) as victim, psycopg.connect(url, autocommit=True) as witness:
        try:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pytest.skip("the server's processes are not ours to kill: DATABASE_URL or a container serves PostgreSQL")
        # Until it has noticed, it would take us for recovered.
        eventually(lambda: not answers(witness), lambda: "PostgreSQL did not end its sessions")


def answers(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def recovered(crew: Crew, postmaster_start: object) -> bool:
    """Whether the server takes connections again, having been down since it started at the given time."""
    try:
        ((started,),) = query(crew.url, "SELECT pg_postmaster_start_time()")
    except psycopg.OperationalError:
        return False
    return bool(started == postmaster_start)


def test_a_crash_of_postgres_loses_and_doubles_nothing(scene: Scene, log: Log, new_crew: NewCrew, oracle_url: str) -> None:
    crew = new_crew()
    records = scene.payments(400, seed=17)
    log.publish(records[:600])
    crew.start(rows=20)
    crew.wait(lambda: crew.said(0).count('"event": "batch"') > 3, "some batches")
    ((before,),) = query(crew.url, "SELECT pg_postmaster_start_time()")
    crash(crew.url)
    crew.wait(lambda: recovered(crew, before), "the server's recovery")
    log.publish(records[600:])
    crew.wait_applied()
    assert any(f'"event": "{event}"' in crew.said(0) for event in ("database_away", "batch_retry")), crew.said(0)
    assert crew.processes[0].poll() is None, "the worker waits for its database, it does not die with it"
    crew.stop()
    assert crew.digests() == expected_digests(scene, oracle_url, records)
    assert not log.faults(crew.url)
