"""The stored position: compare-and-set, and all or nothing."""

import psycopg
import pytest

from producers.errors import BadAnswer, CursorConflictError, TransientError
from producers.kit.contract import BadRecord, Page
from producers.kit.cursors import CursorStore
from producers.kit.http.circuits import Circuit
from reconduit.sources import SourceConfig

CONFIG = SourceConfig(name="acme", connector="acme")


@pytest.fixture
def store(database_url: str) -> CursorStore:
    return CursorStore(database_url, CONFIG)


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_new_source_is_at_the_beginning(store: CursorStore) -> None:
    stored = store.load()
    assert (stored.cursor, stored.version) == ({}, 0)


def test_the_cursor_moves_page_by_page(store: CursorStore, database_url: str) -> None:
    first = store.commit_page(store.load(), Page({"at": "2026-01-15"}))
    second = store.commit_page(first, Page({"at": "2026-01-16"}))
    again = CursorStore(database_url, CONFIG).load()
    assert again == second
    assert (again.cursor, again.version) == ({"at": "2026-01-16"}, 2)


@pytest.mark.parametrize("moves", [0, 1])
def test_the_slower_of_two_writes_nothing(store: CursorStore, database_url: str, moves: int) -> None:
    stored = store.load()
    for number in range(moves):
        stored = store.commit_page(stored, Page({"n": number}))
    other = CursorStore(database_url, CONFIG)
    other.commit_page(other.load(), Page({"n": "other"}))
    late = Page({"n": "late"}, bad=[BadRecord("amount", "wrong", "u#1", b"x")], fetched=1)
    with pytest.raises(CursorConflictError, match="acme"):
        store.commit_page(stored, late)
    assert store.load().cursor == {"n": "other"}
    assert count(database_url, "quarantine") == 0


def test_the_same_bad_record_is_one_row(store: CursorStore, database_url: str) -> None:
    bad = [BadRecord("amount", "a NUL \x00 in it", "u#1", b"\x00\xff"), BadRecord("amount", "long", "u" * 5000, b"y")]
    stored = store.commit_page(store.load(), Page({"n": 1}, bad=bad))
    store.commit_page(stored, Page({"n": 2}, bad=bad))
    assert count(database_url, "quarantine") == 2


def test_an_error_stays_until_a_complete_round(store: CursorStore, database_url: str) -> None:
    store.record_error("TransientError: gone")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT last_error, rounds FROM source_progress").fetchall() == [("TransientError: gone", 0)]
    store.complete_round()
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT last_error, rounds, last_success_at IS NOT NULL FROM source_progress").fetchone()
    assert row == (None, 1, True)


def test_a_lost_connection_is_retryable_and_comes_back(store: CursorStore, database_url: str) -> None:
    store.load()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reconduit-produce'")
    with pytest.raises(TransientError, match="DATABASE_URL"):
        store.load()
    assert store.load().version == 0


def test_an_answer_that_cannot_be_used_is_kept_once(store: CursorStore, database_url: str) -> None:
    answer = BadAnswer("unreadable_body", "GET http://127.0.0.1/records", b'{"records": [')
    for _ in range(3):
        store.record_error("TransientError: the JSON is cut short", answer)
    store.record_error("TransientError: 500", BadAnswer("http_500", "GET http://127.0.0.1/records", b"oops"))
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT reason, position, raw FROM quarantine ORDER BY quarantine_id").fetchall()
    assert rows == [
        ("unreadable_body", "GET http://127.0.0.1/records", b'{"records": ['),
        ("http_500", "GET http://127.0.0.1/records", b"oops"),
    ]


def test_each_poll_leaves_where_the_circuit_stands(database_url: str) -> None:
    circuits = iter([Circuit("open", "503 \x00"), Circuit("closed"), None])
    store = CursorStore(database_url, CONFIG, circuit=lambda: next(circuits))
    for tell, left in (
        (lambda: store.record_error("503"), ("open", "503 \\x00")),
        (store.complete_round, ("closed", None)),
        (store.complete_round, (None, None)),
    ):
        tell()
        with psycopg.connect(database_url) as connection:
            assert connection.execute("SELECT circuit, circuit_reason FROM source_progress").fetchall() == [left]
