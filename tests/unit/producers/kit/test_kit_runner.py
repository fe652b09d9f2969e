"""The runner's order of steps and its answer to errors, with every port in memory."""

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from producers.errors import AuthenticationError, CursorConflictError, PublishError, RateLimitError, TransientError
from producers.kit.contract import Capabilities, Cursor, Page, RawObject
from producers.kit.cursors import StoredCursor
from producers.kit.http.retry import RetryPolicy
from producers.kit.runner import ProducerRunner
from reconduit.sources import SourceConfig
from tests.fixtures.waiting import eventually

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
RAW = RawObject("0" * 64, b"raw")
CONFIG = SourceConfig(name="acme", connector="acme", poll_seconds=1)


@dataclass
class World:
    """Connector, publisher, cursors and object store at once; `steps` is what happened."""

    pages: int = 2
    fetch_errors: list[Exception] = field(default_factory=list)
    publish_errors: list[Exception] = field(default_factory=list)
    commit_errors: list[Exception] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    stored: StoredCursor = field(default_factory=lambda: StoredCursor({}, 0))
    closed: int = 0
    capabilities = Capabilities()

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        assert now == NOW
        try:
            for number in range(int(cursor.get("n", 0)), self.pages):
                if self.fetch_errors:
                    raise self.fetch_errors.pop(0)
                self.steps.append(f"fetch {number}")
                yield Page({"n": number + 1}, raw=[RAW], fetched=1)
        finally:
            self.closed += 1

    def close(self) -> None:
        return

    def put(self, raw: RawObject) -> None:
        assert raw is RAW
        self.steps.append("keep")

    def get(self, digest: str) -> bytes:
        raise AssertionError(digest)

    def publish(self, page: Page) -> int:
        if self.publish_errors:
            raise self.publish_errors.pop(0)
        self.steps.append(f"publish {page.cursor['n'] - 1}")
        return len(page.transactions)

    def load(self) -> StoredCursor:
        self.steps.append("load")
        return self.stored

    def commit_page(self, stored: StoredCursor, page: Page) -> StoredCursor:
        if self.commit_errors:
            raise self.commit_errors.pop(0)
        assert stored == self.stored
        self.steps.append(f"commit {page.cursor['n'] - 1}")
        self.stored = StoredCursor(page.cursor, stored.version + 1)
        return self.stored

    def complete_round(self) -> None:
        self.steps.append("round")

    def record_error(self, error: str, answer: object = None) -> None:
        self.errors.append(error)


def runner(world: World, pause: float = 0.0) -> ProducerRunner:
    policy = RetryPolicy(base_seconds=0.001, cap_seconds=0.001)
    return ProducerRunner(CONFIG, world, world, world, world, now=lambda: NOW, policy=policy, terminal_pause=pause)


def test_each_step_waits_for_the_one_before() -> None:
    world = World()
    runner(world).run(once=True)
    page = ["fetch {0}", "keep", "publish {0}", "commit {0}"]
    assert world.steps == ["load", *[step.format(0) for step in page], *[step.format(1) for step in page], "round"]


@pytest.mark.parametrize("place", ["fetch_errors", "publish_errors", "commit_errors"])
@pytest.mark.parametrize("error", [TransientError("gone"), PublishError("no report"), CursorConflictError("moved")])
def test_a_passing_error_is_recorded_and_tried_again_from_the_stored_cursor(place: str, error: Exception) -> None:
    world = World(**{place: [error, error]})  # type: ignore[arg-type]
    runner(world).run(once=True)
    assert world.stored.cursor == {"n": 2}
    assert world.errors == [f"{type(error).__name__}: {error}"] * 2
    assert world.steps.count("load") == 3
    assert world.steps.count("round") == 1
    assert world.closed == 3


def test_nothing_moves_behind_an_unpublished_page() -> None:
    world = World(publish_errors=[PublishError("no report")] * 5)
    with pytest.raises(PublishError):
        runner(world).run(once=True)
    assert not [step for step in world.steps if step.startswith(("commit", "round"))]


def test_once_does_not_repeat_a_terminal_error() -> None:
    world = World(fetch_errors=[AuthenticationError("refused")] * 2)
    with pytest.raises(AuthenticationError):
        runner(world).run(once=True)
    assert world.errors == ["AuthenticationError: refused"]


@pytest.mark.parametrize("error", [AuthenticationError("refused"), KeyError("amount")])
def test_a_terminal_error_pauses_long_instead_of_looping(error: Exception) -> None:
    world = World(fetch_errors=[error] * 100)
    running = runner(world, pause=60)
    thread = threading.Thread(target=running.run)
    thread.start()
    eventually(lambda: world.errors, lambda: "the error was not recorded")
    thread.join(0.2)
    assert thread.is_alive()
    running.stop()
    thread.join()
    assert len(world.errors) == 1


def test_a_provider_that_asks_for_a_pause_gets_it() -> None:
    world = World(fetch_errors=[RateLimitError("slow down", retry_after=60)])
    running = runner(world)
    thread = threading.Thread(target=running.run)
    thread.start()
    eventually(lambda: world.errors, lambda: "the error was not recorded")
    thread.join(0.2)
    running.stop()
    thread.join()
    assert world.steps == ["load"]


def test_stop_ends_after_the_page_in_hand() -> None:
    world = World(pages=1000)
    running = runner(world)
    original = world.publish

    def publish(page: Page) -> int:
        if page.cursor["n"] == 3:
            running.stop()
        return original(page)

    world.publish = publish  # type: ignore[method-assign]
    running.run()
    assert world.steps[-1] == "commit 2"
    assert world.stored.cursor == {"n": 3}


def test_an_error_that_cannot_be_recorded_stops_nothing() -> None:
    world = World(fetch_errors=[TransientError("gone")])

    def refuse(_error: str, _answer: object) -> None:
        raise TransientError("Postgres is away")

    world.record_error = refuse  # type: ignore[method-assign]
    runner(world).run(once=True)
    assert world.steps[-1] == "round"
    assert world.stored.cursor == {"n": 2}
