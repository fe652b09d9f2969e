"""BALANCE breaks: failed proofs, gaps and repeats of statements come to the close, and go away when the cause does."""

import datetime as dt
from dataclasses import replace

import psycopg
import pytest

from consumers.closing import ClosePass
from schemas.records import CanonicalStatement, Proof, StatementKind
from tests.fixtures.scene import MONDAY, Scene, digests_of, faults_of, query, store

pytestmark = pytest.mark.integration

_BALANCE = (
    "SELECT key, amount_minor, currency, account_id, booked_on, final, sides FROM break_view WHERE type = 'BALANCE' ORDER BY key"
)


def statement(scene: Scene, number: int, opening: int, closing: int, **fields) -> CanonicalStatement:
    day = MONDAY.date() + dt.timedelta(days=number)
    moved = closing - opening
    values = {
        "account_id": "acc",
        "currency": "INR",
        "kind": StatementKind.STATEMENT,
        "sequence": number,
        "opening_minor": opening,
        "opening_date": day,
        "closing_minor": closing,
        "closing_date": day,
        "entry_count": 1,
        "credit_minor": max(moved, 0),
        "debit_minor": max(-moved, 0),
        "proof": Proof.PROVED,
        "raw_ref": f"sha{number}#1",
        "ingested_at": MONDAY,
    }
    return CanonicalStatement(statement_id=f"acc:{number}", source=scene.name("bank"), **(values | fields))


@pytest.fixture
def world(books: Scene, database_url: str):
    """Stores records and closes, and tells the BALANCE breaks that stand then."""
    with psycopg.connect(database_url, options="-c lock_timeout=20s") as connection:
        service = books.service()
        service.start(connection)
        close = ClosePass(connection, books.sources, books.reconciliations)

        def told(*records) -> list[tuple]:
            if records:
                store(connection, service, books, *records)
            close.run()
            assert not faults_of(database_url)
            return query(database_url, _BALANCE)

        yield told


def test_a_missing_statement_is_a_break_until_it_arrives(books: Scene, database_url: str, world) -> None:
    first, missing, last = (statement(books, n, n * 100, n * 100 + 100) for n in (1, 2, 3))
    assert world(first) == []
    found = world(last)
    assert found == [("acc:3", 100, "INR", "acc", last.closing_date, True, [1])]
    ((reasons,),) = query(database_url, "SELECT reasons FROM break_view WHERE type = 'BALANCE'")
    told = dict(reasons)
    assert (told["opening"], told["closing_before"], told["gap"]) == ("3.00 INR", "2.00 INR", "1.00 INR")
    assert (told["file"], told["other_file"]) == ("sha3#1", "sha1#1")
    place = "SELECT ctid::text, xmin::text FROM break"
    before = query(database_url, place)
    assert world() == found
    assert query(database_url, place) == before, "what has not changed is not written again"
    assert world(missing) == []


def test_a_failed_proof_is_a_break_until_the_statement_comes_again(books: Scene, database_url: str, world) -> None:
    wrong = statement(books, 1, 0, 100, credit_minor=70, proof=Proof.FAILED)
    assert world(wrong) == [("acc:1", 30, "INR", "acc", wrong.closing_date, True, [1])]
    totals = replace(wrong, credit_minor=100)
    assert [row[1] for row in world(totals)] == [0], "the file's own totals failed, not its balances"
    assert world(replace(totals, proof=Proof.PROVED)) == []


def test_the_same_statement_under_another_id_is_a_break(books: Scene, world) -> None:
    first = statement(books, 1, 0, 100)
    assert [row[:2] for row in world(first, replace(first, statement_id="acc:other"))] == [("acc:other", 100)]


def test_breaks_of_statements_and_of_records_stand_side_by_side(books: Scene, database_url: str, world) -> None:
    wrong = statement(books, 1, 0, 100, credit_minor=70, proof=Proof.FAILED)
    done = [books.watermark(kind, MONDAY + dt.timedelta(days=9)) for kind in ("core", "bank")]
    world(wrong, books.record("core", "c1", reference_number="R1"), *done)
    kinds = "SELECT type FROM break_view ORDER BY type"
    assert query(database_url, kinds) == [("BALANCE",), ("MISSING_RIGHT",)]
    world(books.record("bank", "b1", reference_number="R1"))
    assert query(database_url, kinds) == [("BALANCE",)]
    before = digests_of(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("TRUNCATE break, match")
    world()
    assert digests_of(database_url) == before, "thrown away and made again, they are the same"
