"""Seals of books: what they cover, what makes a new one, and that neither order nor batches change them."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from consumers.closing import ClosePass
from consumers.errors import RuleVersionError
from reconciler.reconciliation import Reconciliation, Tolerance
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction, Proof, StatementKind
from tests.fixtures.scene import MONDAY, Scene, query, store
from tests.integration.consumers.test_close_pass import LATER, complete

pytestmark = pytest.mark.integration

_SEALS = "SELECT account_id, cause, through, former_id IS NOT NULL FROM book_seal ORDER BY book_seal_id"
_DAY = dt.timedelta(days=1)


def line(scene: Scene, kind: str, number: int, account: str = "1111", **fields: Any) -> CanonicalTransaction:
    values = {"amount_minor": 100 + number, "direction": Direction.CREDIT, "booked_at": MONDAY + number % 3 * _DAY} | fields
    return scene.record(kind, f"{account}:{kind}:{number}", reference_number=f"REF{number:06}", account_id=account, **values)


def book(scene: Scene, account: str = "1111", count: int = 8) -> list[CanonicalTransaction]:
    """Lines that both sides have, but for one that only the ledger has and one that only the bank has."""
    both = [line(scene, kind, number, account) for number in range(count) for kind in ("core", "bank")]
    return [*both, line(scene, "core", 97, account), line(scene, "bank", 98, account)]


def close_with(scene: Scene, url: str, rules: Sequence[Reconciliation] | None = None) -> tuple[int, int]:
    with psycopg.connect(url) as connection:
        done = ClosePass(connection, scene.sources, rules or scene.reconciliations).run()
        return done.books, done.sealed


def fill(scene: Scene, url: str, *batches: Sequence[CanonicalTransaction | CanonicalStatement]) -> None:
    service = scene.service()
    with psycopg.connect(url) as connection:
        service.start(connection)
        for batch in batches:
            store(connection, service, scene, *batch)


def test_a_seal_proves_the_balance_and_a_late_record_reopens_its_book_alone(books: Scene, database_url: str) -> None:
    fill(books, database_url, book(books), book(books, "2222"), complete(books, MONDAY + _DAY, "core", "bank"))
    assert close_with(books, database_url) == (2, 0), "no day is complete yet"
    fill(books, database_url, complete(books, LATER, "core", "bank"))
    assert close_with(books, database_url) == (2, 2)
    through = (MONDAY + 2 * _DAY).date()
    assert query(database_url, _SEALS) == [("1111", "first", through, False), ("2222", "first", through, False)]
    ((proof,),) = query(database_url, "SELECT proof FROM book_seal WHERE account_id = '1111'")
    assert proof["holds"]
    assert proof["sides"]["core"]["open"] == proof["sides"]["bank"]["open"] == 1
    assert proof["difference_minor"] == proof["open_difference_minor"] == 198 - 197
    assert close_with(books, database_url) == (0, 0), "a new process leaves what is sealed and final alone"
    fill(books, database_url, [line(books, "bank", 97)])
    assert close_with(books, database_url) == (1, 1)
    assert query(database_url, _SEALS)[2:] == [("1111", "reopened", through, True)]
    fill(books, database_url, [line(books, "bank", 50, booked_at=MONDAY + 4 * _DAY)])
    assert close_with(books, database_url) == (1, 0), "its day is not complete"
    fill(books, database_url, [line(books, "bank", 51, booked_at=MONDAY + 3 * _DAY)])
    assert close_with(books, database_url) == (1, 1)
    assert query(database_url, _SEALS)[3:] == [("1111", "advanced", (MONDAY + 3 * _DAY).date(), True)]


def test_the_same_records_have_the_same_seal_in_any_order(books: Scene, database_url: str, empty_copy_url: str) -> None:
    records = book(books, count=30)
    fill(books, database_url, [*records, *complete(books, LATER, "core", "bank")])
    close_with(books, database_url)
    random.Random(5).shuffle(records)
    fill(books, empty_copy_url, records[:20], complete(books, LATER, "core", "bank"))
    close_with(books, empty_copy_url)
    fill(books, empty_copy_url, records[20:41])
    close_with(books, empty_copy_url)
    fill(books, empty_copy_url, records[41:])
    close_with(books, empty_copy_url)
    latest = "SELECT digest, through, proof FROM book_seal_view WHERE current"
    assert query(empty_copy_url, latest) == query(database_url, latest)
    assert len(query(empty_copy_url, _SEALS)) == 3, "former seals stay"


def test_a_statement_whose_entries_are_missing_fails_its_proof(books: Scene, database_url: str) -> None:
    records = [line(books, "bank", number, statement_id=f"S{number // 4}") for number in range(8)]
    moved = [sum(one.amount_minor for one in records if one.statement_id == name) for name in ("S0", "S1")]
    statements = [
        CanonicalStatement(
            statement_id=name,
            source=books.name("bank"),
            account_id="1111",
            currency="INR",
            kind=StatementKind.STATEMENT,
            opening_minor=opening,
            closing_minor=opening + moved[at] + apart,
            closing_date=MONDAY.date(),
            proof=Proof.PROVED,
            ingested_at=MONDAY,
        )
        for at, (name, opening, apart) in enumerate((("S0", 1000, 0), ("S1", 5000, 7)))
    ]
    fill(books, database_url, [*records, *statements, *complete(books, LATER, "core", "bank")])
    close_with(books, database_url)
    ((told,),) = query(database_url, "SELECT proof -> 'statements' FROM book_seal")
    assert (told["count"], told["proved"]) == (2, 1)
    assert told["failed"] == [{"source": books.name("bank"), "statement_id": "S1", "apart_minor": 7}]


def test_a_new_version_solves_open_books_again_and_leaves_sealed_ones(books: Scene, database_url: str) -> None:
    fill(books, database_url, book(books), [line(books, "core", 1, "2222")])
    marks = [books.watermark(kind, LATER, "1111") for kind in ("core", "bank")]
    fill(books, database_url, marks)
    assert close_with(books, database_url) == (2, 1)
    changed = [replace(one, version=2, digest="other", tolerance=Tolerance(days_after=9)) for one in books.reconciliations]
    assert close_with(books, database_url, changed) == (1, 0)
    stamped = "SELECT DISTINCT account_id, rule_version FROM break ORDER BY 1"
    assert query(database_url, stamped) == [("1111", 1), ("2222", 2)]
    fill(books, database_url, [line(books, "bank", 60)])
    close_with(books, database_url, changed)
    assert query(database_url, stamped) == [("1111", 2), ("2222", 2)]


def test_open_groups_are_solved_again_by_a_new_version(scene: Scene, database_url: str) -> None:
    kinds = ("core", "gateway", "mobile")
    fill(scene, database_url, [scene.record(kind, kind, reference_number="R1") for kind in kinds])
    changed = [replace(one, version=2, digest="other") for one in scene.reconciliations]
    close_with(scene, database_url, changed)
    version = "SELECT rule_version FROM match_view WHERE reconciliation = 'three-way'"
    assert query(database_url, version) == [(2,)]
    fill(scene, database_url, complete(scene, LATER))
    close_with(scene, database_url, changed)
    third = [replace(one, version=3, digest="third") for one in scene.reconciliations]
    close_with(scene, database_url, third)
    assert query(database_url, version) == [(2,)], "what is final stays"


def test_a_version_is_never_given_other_rules(books: Scene, database_url: str) -> None:
    close_with(books, database_url)
    changed = [replace(one, digest="other", tolerance=Tolerance(days_after=9)) for one in books.reconciliations]
    with pytest.raises(RuleVersionError, match=r"rules/books\.yaml: reconciliation books says version 1.*raise `version`"):
        close_with(books, database_url, changed)
    assert query(database_url, "SELECT count(*) FROM rule_version") == [(1,)]
