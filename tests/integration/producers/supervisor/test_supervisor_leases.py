"""Leases of sources on a real database, and the fence that they put before the cursor."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from producers.errors import LeaseLostError
from producers.kit.contract import Page
from producers.kit.cursors import CursorStore
from producers.supervisor.leases import Leases
from reconduit.sources import SourceConfig

KEY = ("default", "acme")
CONFIG = SourceConfig(name="acme", connector="acme")


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def run_out(connection: psycopg.Connection[Any]) -> None:
    connection.execute("UPDATE source_lease SET expires_at = now() - interval '1 ms'")


def test_one_holder_at_a_time_and_tokens_only_grow(connection: psycopg.Connection[Any]) -> None:
    first, second = Leases("first", 60), Leases("second", 60)
    assert first.acquire(connection, [KEY]) == {KEY: 1}
    assert second.acquire(connection, [KEY]) == {}
    run_out(connection)
    assert first.renew(connection, {KEY: 1}) == set()
    assert second.acquire(connection, [KEY]) == {}
    run_out(connection)
    assert second.acquire(connection, [KEY, ("default", "other")]) == {KEY: 2, ("default", "other"): 1}
    assert first.renew(connection, {KEY: 1}) == {KEY}
    first.release(connection, KEY, 1)
    assert first.acquire(connection, [KEY]) == {}
    second.release(connection, KEY, 2)
    assert first.acquire(connection, [KEY]) == {KEY: 3}


def test_of_many_that_take_over_at_once_one_does(connection: psycopg.Connection[Any], database_url: str) -> None:
    Leases("dead", 60).acquire(connection, [KEY])
    run_out(connection)
    won: list[int] = []

    def take(name: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as own:
            won.extend(Leases(name, 60).acquire(own, [KEY]).values())

    threads = [threading.Thread(target=take, args=(f"s{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [2]


def test_who_lost_the_lease_cannot_move_the_cursor(connection: psycopg.Connection[Any], database_url: str) -> None:
    Leases("first", 60).acquire(connection, [KEY])
    former = CursorStore(database_url, CONFIG, fencing_token=1)
    stored = former.commit_page(former.load(), Page({"page": 1}))
    run_out(connection)
    moved = former.commit_page(stored, Page({"page": 2}))  # nobody has taken over: it is still the only one
    Leases("second", 60).acquire(connection, [KEY])
    with pytest.raises(LeaseLostError, match="token 1"):
        former.commit_page(moved, Page({"page": 3}))
    latter = CursorStore(database_url, CONFIG, fencing_token=2)
    assert latter.load() == moved
    assert latter.commit_page(latter.load(), Page({"page": 3})).version == moved.version + 1


def test_a_takeover_waits_for_the_commit_in_hand(connection: psycopg.Connection[Any], database_url: str) -> None:
    Leases("first", 60).acquire(connection, [KEY])
    run_out(connection)
    fence = "SELECT FROM source_lease WHERE tenant_id = 'default' AND source = 'acme' AND fencing_token = 1 FOR SHARE"
    with psycopg.connect(database_url) as committing, psycopg.connect(database_url, autocommit=True) as taking:
        committing.execute(fence)
        taking.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            Leases("second", 60).acquire(taking, [KEY])
        committing.commit()
        assert Leases("second", 60).acquire(taking, [KEY]) == {KEY: 2}
