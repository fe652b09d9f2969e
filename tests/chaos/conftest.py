"""Scenes, their topics, and crews of workers that are stopped whatever happens."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fixtures.databases import DatabaseServer
from tests.fixtures.scene import Scene
from tests.fixtures.workers import Crew, Log, log_of, shorten_session

NewCrew = Callable[[], Crew]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    found = Scene(tmp_path, secrets.token_hex(4))
    found.write(("core", "gateway", "mobile"), ("three-way",))
    return found


@pytest.fixture
def log(scene: Scene, real_kafka: str) -> Iterator[Log]:
    with log_of(scene, real_kafka) as found:
        yield found


@pytest.fixture
def new_crew(log: Log, database_server: DatabaseServer, migrated_template: str, tmp_path: Path) -> Iterator[NewCrew]:
    """A crew with a group and a database of its own."""
    with ExitStack() as stack:

        def create() -> Crew:
            name = stack.enter_context(database_server.database(migrated_template))
            crew = Crew(log, database_server.url_of(name), f"chaos-{secrets.token_hex(4)}", tmp_path)
            shorten_session(log.bootstrap, crew.group)
            stack.callback(crew.stop)
            return crew

        yield create


@pytest.fixture
def oracle_url(database_server: DatabaseServer, migrated_template: str) -> Iterator[str]:
    """A database for the answer that the crews' answers are compared with."""
    with database_server.database(migrated_template) as name:
        yield database_server.url_of(name)
