"""Books whose rules compare currencies: one book an account, decisions and seals in their own currency, in any order the same."""

import datetime as dt
import random
from dataclasses import replace

import pytest
import yaml

from api.errors import BadMembersError
from consumers.backtest.history import snapshot
from consumers.backtest.simulation import back_test, history_of
from schemas.records import DEFAULT_TENANT, CanonicalTransaction
from tests.fixtures.operators import decide
from tests.fixtures.scene import MONDAY, Scene, digests_of, faults_of, query
from tests.integration.consumers.test_close_pass import LATER, complete
from tests.integration.consumers.test_seals import close_with, fill

pytestmark = pytest.mark.integration

_DECIDED = (
    "SELECT 'match' AS what, currency, amount_minor, cardinality(members) FROM match_view "
    "UNION ALL SELECT type, currency, amount_minor, cardinality(members) FROM break_view ORDER BY 1, 2, 3"
)
_LATEST = (
    "SELECT account_id, currency, digest, through, decisions, provisional, proof FROM book_seal_view WHERE current ORDER BY 1, 2"
)


@pytest.fixture
def exports(books: Scene) -> Scene:
    """Core's ledger against the bank's lines, with rates for dollars from a file beside the rules."""
    path = books.folder / "rules" / "books.yaml"
    path.with_name("rates.csv").write_text("date,currency,rate\n2026-03-02,USD,83.1250\n")
    rules = yaml.safe_load(path.read_text())
    rules["fx"] = {"base": "INR", "rates": "rates.csv", "source": "the central bank", "tolerance_ppm": 1000, "days": 5}
    path.write_text(yaml.safe_dump(rules))
    return books


def invoice(scene: Scene, number: int, ledger: int, bank: int, currency: str, paid_after: int = 0) -> list[CanonicalTransaction]:
    reference = f"INV{number:05}X"
    return [
        scene.record("core", f"c{number}", reference_number=reference, amount_minor=ledger),
        scene.record(
            "bank",
            f"b{number}",
            reference_number=reference,
            amount_minor=bank,
            currency=currency,
            booked_at=MONDAY + dt.timedelta(days=paid_after),
        ),
    ]


def exported(scene: Scene) -> list[CanonicalTransaction]:
    """One invoice paid in rupees, one in dollars, one whose dollars are 2 % short, one in euros, for which there is no rate."""
    return [
        *invoice(scene, 1, 50_000, 50_000, "INR"),
        *invoice(scene, 2, 831_250, 10_000, "USD"),
        *invoice(scene, 3, 1_662_500, 19_600, "USD"),
        *invoice(scene, 4, 905_000, 10_000, "EUR"),
    ]


def test_an_account_is_one_book_and_each_currency_adds_up(exports: Scene, database_url: str) -> None:
    fill(exports, database_url, [*exported(exports), *complete(exports, LATER, "core", "bank")])
    assert close_with(exports, database_url) == (1, 1)
    assert query(database_url, _DECIDED) == [
        ("AMOUNT", "INR", 1_662_500 - 1_629_250, 2),
        ("CURRENCY", "INR", 905_000, 2),
        ("match", "INR", 50_000, 2),
        ("match", "INR", 831_250, 2),
    ]
    assert not faults_of(database_url)
    seals = {row[1]: row for row in query(database_url, _LATEST)}
    assert [(name, *row[4:6]) for name, row in seals.items()] == [("EUR", 0, 0), ("INR", 4, 0), ("USD", 0, 0)]
    proofs = {name: row[6] for name, row in seals.items()}
    assert all(proof["holds"] for proof in proofs.values())
    rupees, dollars = proofs["INR"], proofs["USD"]
    assert (rupees["sides"]["core"]["matched_minor"], rupees["sides"]["bank"]["matched_minor"]) == (881_250, 50_000)
    assert rupees["converted"]["sides"]["core"] == {"matched": 1, "matched_minor": 831_250}
    assert dollars["sides"]["bank"] == {
        "told": 2, "told_minor": 29_600, "matched": 1, "matched_minor": 10_000, "open": 1, "open_minor": 19_600,
        "carried": 0, "carried_minor": 0,
    }  # fmt: skip
    assert dollars["converted"]["difference_minor"] == 10_000
    assert "converted" not in proofs["EUR"]
    for proof in proofs.values():
        parts = [proof["matched_difference_minor"], proof["open_difference_minor"]]
        assert proof["difference_minor"] == sum(parts) + proof.get("converted", {}).get("difference_minor", 0)


def test_a_second_close_leaves_it_alone_and_a_late_record_solves_the_whole_account(exports: Scene, database_url: str) -> None:
    fill(
        exports,
        database_url,
        [*exported(exports), *invoice(exports, 5, 100, 100, "INR", 2), *complete(exports, LATER, "core", "bank")],
    )
    close_with(exports, database_url)
    before = digests_of(database_url), query(database_url, _LATEST)
    assert close_with(exports, database_url) == (0, 0), "a new process leaves what is sealed and final alone"
    assert (digests_of(database_url), query(database_url, _LATEST)) == before
    # The twin of a payment in dollars that had none: its ledger line is in rupees.
    late = invoice(exports, 6, 415_625, 5_000, "USD")
    fill(exports, database_url, late[:1])
    assert close_with(exports, database_url) == (1, 1)
    assert query(database_url, "SELECT currency FROM book_seal ORDER BY book_seal_id")[3:] == [("INR",)], "no other came out new"
    fill(exports, database_url, late[1:])
    assert close_with(exports, database_url) == (1, 1)
    causes = query(database_url, "SELECT currency, cause FROM book_seal ORDER BY book_seal_id")[4:]
    assert causes == [("INR", "reopened"), ("USD", "reopened")]
    changed = [replace(one, version=2, digest="other") for one in exports.reconciliations]
    assert close_with(exports, database_url, changed) == (0, 0), "what is sealed and final stays under new rules"


def test_the_same_records_have_the_same_seals_in_any_order(exports: Scene, database_url: str, empty_copy_url: str) -> None:
    records = [*exported(exports), *(replace(one, account_id="other") for one in invoice(exports, 7, 831_250, 10_000, "USD", 2))]
    fill(exports, database_url, [*records, *complete(exports, LATER, "core", "bank")])
    close_with(exports, database_url)
    random.Random(5).shuffle(records)
    fill(exports, empty_copy_url, records[:4], complete(exports, LATER, "core", "bank"))
    close_with(exports, empty_copy_url)
    fill(exports, empty_copy_url, records[4:])
    close_with(exports, empty_copy_url)
    assert query(empty_copy_url, _LATEST) == query(database_url, _LATEST)
    assert digests_of(empty_copy_url) == digests_of(database_url)


def test_a_back_test_decides_as_the_close_pass_did(exports: Scene, database_url: str) -> None:
    fill(exports, database_url, [*exported(exports), *complete(exports, LATER, "core", "bank")])
    close_with(exports, database_url)
    [rules] = exports.reconciliations
    alone = replace(rules, version=2, fx=None)
    with snapshot(database_url) as connection:
        history = history_of(connection, exports.sources, (alone, rules), DEFAULT_TENANT)
        found = back_test(history, alone, rules, since=None, sample=None).diff
    assert (found.gained.count, found.gained.money, found.lost.count) == (1, {"INR": 831_250}, 0)
    assert sum(found.after.values()) == query(database_url, "SELECT count(*) FROM match")[0][0] == 2


def test_an_account_is_solved_again_when_currencies_begin_to_compare(exports: Scene, database_url: str) -> None:
    fill(exports, database_url, [*exported(exports), *complete(exports, LATER, "core", "bank")])
    [rules] = exports.reconciliations
    assert close_with(exports, database_url, [replace(rules, fx=None, digest="alone")]) == (3, 3)
    assert query(database_url, "SELECT count(*) FROM match") == [(1,)]
    assert close_with(exports, database_url, [replace(rules, version=2)]) == (1, 1)
    assert query(database_url, "SELECT count(*) FROM match") == [(2,)]
    assert not faults_of(database_url)
    assert close_with(exports, database_url, [replace(rules, version=3, fx=None, digest="again")]) == (3, 3)
    assert query(database_url, "SELECT count(*) FROM match") == [(1,)]
    assert not faults_of(database_url)


def test_a_person_may_confirm_what_no_rate_lets_the_rules_compare(exports: Scene, database_url: str) -> None:
    fill(exports, database_url, [*exported(exports), *complete(exports, LATER, "core", "bank")])
    close_with(exports, database_url)
    decide(database_url, exports, "confirm", "books", ("core", "c4"), ("bank", "b4"), note="paid at the day's rate")
    close_with(exports, database_url)
    assert ("match", "INR", 905_000, 2) in query(database_url, _DECIDED)
    assert not [row for row in query(database_url, _DECIDED) if row[0] == "CURRENCY"]
    assert all(row[6]["holds"] for row in query(database_url, _LATEST))
    assert not faults_of(database_url)


def test_nobody_confirms_across_currencies_where_the_rules_compare_none(books: Scene, database_url: str) -> None:
    fill(books, database_url, [*exported(books), *complete(books, LATER, "core", "bank")])
    close_with(books, database_url)
    with pytest.raises(BadMembersError, match="closed by account and currency; the records are of 2 books: acc EUR and acc INR"):
        decide(database_url, books, "confirm", "books", ("core", "c4"), ("bank", "b4"))
