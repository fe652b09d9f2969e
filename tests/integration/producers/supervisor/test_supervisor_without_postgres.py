"""A supervisor that loses Postgres: its producers go on as long as their leases last, and no longer."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from producers.supervisor.leases import Leases
from producers.supervisor.supervisor import Supervisor
from tests.fixtures.supervised import eventually, lease_of


class Producer:
    """Stands for a producer's process."""

    pid, is_stopping, started_at = 1, False, 0.0

    def __init__(self) -> None:
        self.status: int | None = None

    def exit_status(self) -> int | None:
        return self.status

    def ask_to_stop(self) -> None:
        self.is_stopping, self.status = True, 0

    def kill(self) -> None:
        self.is_stopping, self.status = True, -9


class Stop(threading.Event):
    """As `reconduit.signals.Stop`, without signals."""

    def __call__(self) -> bool:
        return self.is_set()


class Installation:
    """A supervisor on a thread, whose database can be taken away."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.is_away, self.started = url, False, list[Producer]()
        self.stop = Stop()
        file = folder / "sources.yaml"
        file.write_text(yaml.safe_dump({"sources": [{"name": "acme", "connector": "core"}]}))
        supervisor = Supervisor(self.connect, file, Leases("own", 1.0), frozenset(), self.stop, start=self.start)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=supervisor.run)

    def connect(self) -> psycopg.Connection[Any]:
        if self.is_away:
            raise psycopg.OperationalError("connection refused")
        return psycopg.connect(self.url, autocommit=True)

    def start(self, _: tuple[str, ...]) -> Producer:
        self.started.append(Producer())
        return self.started[-1]

    def take_away(self) -> None:
        self.is_away = True
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with psycopg.connect(self.url) as connection:
            connection.execute(others)


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    found = Installation(database_url, tmp_path)
    found.thread.start()
    yield found
    found.is_away = False
    found.stop.set()
    found.thread.join(20)


def test_producers_end_with_their_leases_and_start_again_under_new_ones(installation: Installation) -> None:
    eventually(lambda: len(installation.started) == 1, lambda: "no producer was started")
    (first,) = installation.started
    installation.take_away()
    eventually(lambda: first.status is not None, lambda: "it polls on without a lease")
    assert first.status == -9, "killed: what it still does must not count"
    assert len(installation.started) == 1, "nothing starts without a lease"
    installation.is_away = False
    eventually(lambda: len(installation.started) == 2, lambda: "it did not come back")
    lease = lease_of(installation.url, "acme")
    assert lease is not None
    assert lease[1] >= 2, "a lease that ran out comes back under a greater token"
