"""A scene with every source, and connections whose service has started."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from consumers.service import ReconcileService
from tests.fixtures.databases import DatabaseServer
from tests.fixtures.scene import Scene
from tests.fixtures.workers import Log, log_of

Open = Callable[[], tuple[Connection[Any], ReconcileService]]

_ALL = ("core", "gateway", "mobile", "pay", "payout", "bank")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    found = Scene(tmp_path, secrets.token_hex(4))
    found.write(_ALL, ("three-way", "settlements", "settlements-at-bank"))
    return found


@pytest.fixture
def open_service(scene: Scene, database_url: str) -> Iterator[Open]:
    """Opens a connection and a service as one worker has them."""
    with ExitStack() as stack:

        def start() -> tuple[Connection[Any], ReconcileService]:
            connection = stack.enter_context(psycopg.connect(database_url, options="-c lock_timeout=60s"))
            service = scene.service()
            service.start(connection)
            return connection, service

        yield start


@pytest.fixture
def log(scene: Scene, real_kafka: str) -> Iterator[Log]:
    """The scene's topics on a real broker."""
    with log_of(scene, real_kafka) as found:
        yield found


@pytest.fixture
def empty_copy_url(database_server: DatabaseServer, migrated_template: str) -> Iterator[str]:
    """URL of a second database with Reconduit's tables, for what the first is compared with."""
    with database_server.database(migrated_template) as name:
        yield database_server.url_of(name)


@pytest.fixture
def books(tmp_path: Path) -> Scene:
    """Core's ledger against the bank's lines, account by account."""
    found = Scene(tmp_path, secrets.token_hex(4))
    found.write(("core", "bank"), ("books",))
    return found
