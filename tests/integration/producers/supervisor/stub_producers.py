"""A supervisor on a thread of the test, whose producers are stubs."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import yaml

from producers.supervisor.leases import Leases
from producers.supervisor.supervisor import Supervisor
from tests.fixtures.waiting import PATIENCE_SECONDS

__all__ = ["Installation", "Producer", "supervising"]


class Producer:
    """Stands for a producer's process; `status` is its exit status, None while it runs."""

    pid, is_stopping = 1, False

    def __init__(self, status: int | None) -> None:
        self.started_at = time.monotonic()
        self.status = status

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
    """A supervisor on a thread, whose database can be taken away.

    Args:
        url: of the database.
        folder: for the sources file.
        names: sources of the file.
        dies: producers end as soon as they are started.
    """

    def __init__(self, url: str, folder: Path, *, names: tuple[str, ...] = (), dies: bool = False) -> None:
        self.url, self.is_away, self.dies, self.started = url, False, dies, list[Producer]()
        self.stop = Stop()
        file = folder / "sources.yaml"
        file.write_text(yaml.safe_dump({"sources": [{"name": name, "connector": "core"} for name in names]}))
        supervisor = Supervisor(self.connect, file, Leases("own", 3.0), frozenset(), self.stop, start=self.start)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=supervisor.run)

    def connect(self) -> psycopg.Connection[Any]:
        opened = psycopg.connect(self.url, autocommit=True)
        if self.is_away:  # also one that was taken away while this connected
            opened.close()
            raise psycopg.OperationalError("connection refused")
        return opened

    def start(self, _: tuple[str, ...]) -> Producer:
        self.started.append(Producer(1 if self.dies else None))
        return self.started[-1]

    def take_away(self) -> None:
        self.is_away = True
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with psycopg.connect(self.url) as connection:
            connection.execute(others)


@contextmanager
def supervising(url: str, folder: Path, **how: Any) -> Iterator[Installation]:
    """An installation at work; it is stopped with the context."""
    found = Installation(url, folder, **how)
    found.thread.start()
    try:
        yield found
    finally:
        found.is_away = False
        found.stop.set()
        found.thread.join(PATIENCE_SECONDS)
