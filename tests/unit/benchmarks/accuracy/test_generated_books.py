"""Generated books are what they say: the same by seed, every record labelled once, sums that prove the labels."""

import csv
import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.accuracy.books import FIELDS, LabelledBook, write_book
from benchmarks.accuracy.generated.difficulty import DIFFICULTIES
from benchmarks.accuracy.generated.statement_book import statement_book
from reconduit.matching.statement_file import read_file

EVENTS = 2_000
EXACT = {
    "typo", "cut", "cut typo", "wording", "duplicated", "batch, reference", "batch, day", "batch, payer", "many to many",
    "split, reference", "split, payer", "reversal, both sides",
}  # fmt: skip
MAYBE_CHARGED = {"twin"}
CHARGED = {"fee", "rate", "batch, reference, fee", "batch, day, fee"}
CONTRA = {"reversal, bank", "void, ledger"}
OPEN = {"alone", "beyond tolerance", "coincidence", "duplicate", "split, part missing"}


@pytest.fixture(scope="module", params=sorted(DIFFICULTIES))
def book(request: pytest.FixtureRequest) -> LabelledBook:
    return statement_book(request.param, 1, EVENTS)


def test_the_same_seed_makes_the_same_book() -> None:
    again, other = statement_book("hard", 1, 300), statement_book("hard", 2, 300)
    assert statement_book("hard", 1, 300) == again
    assert again.left != other.left


def test_every_record_is_labelled_once(book: LabelledBook) -> None:
    labelled = Counter(identity for known in (*book.truth.groups, *book.truth.breaks) for identity in (*known.left, *known.right))
    assert labelled == Counter(row[0] for row in (*book.left, *book.right))


def test_everything_that_makes_it_hard_is_there(book: LabelledBook) -> None:
    assert {group.kind for group in book.truth.groups} == EXACT | MAYBE_CHARGED | CHARGED | CONTRA
    assert {expected.kind for expected in book.truth.breaks} >= OPEN


def test_the_amounts_prove_the_labels(book: LabelledBook) -> None:
    amounts = {row[0]: int(Decimal(row[2]).scaleb(2)) for row in (*book.left, *book.right)}
    for group in book.truth.groups:
        left, right = (sum(amounts[identity] for identity in side) for side in (group.left, group.right))
        if group.kind in EXACT:
            assert left == right, group
        elif group.kind in CONTRA:
            assert left + right == 0, group
        else:
            least = 0 if group.kind in MAYBE_CHARGED else 1
            assert least <= abs(left) - abs(right) <= abs(left) // 5, group


def test_a_bank_does_not_book_on_weekends(book: LabelledBook) -> None:
    late_copies = {identity for expected in book.truth.breaks if expected.kind == "duplicate" for identity in expected.right}
    booked = [dt.date.fromisoformat(row[1]) for row in book.right if row[0] not in late_copies]
    assert all(day.weekday() < 5 for day in booked)


def test_shares_are_those_of_the_difficulty(book: LabelledBook) -> None:
    name = book.name.split(", ")[1]
    kinds = Counter(expected.kind for expected in book.truth.breaks)
    singles = sum(group.kind in {"wording", "typo", "cut", "cut typo", "fee", "rate"} for group in book.truth.groups)
    assert kinds["alone"] / (kinds["alone"] + singles) == pytest.approx(DIFFICULTIES[name].alone / 100, abs=0.04)


def test_a_book_is_written_as_the_command_reads_it(tmp_path: Path) -> None:
    book = statement_book("easy", 1, 200)
    left, _ = write_book(book, tmp_path)
    with left.open(encoding="utf-8", newline="") as stream:
        assert [tuple(row[field] for field in FIELDS) for row in csv.DictReader(stream)] == list(book.left)
    assert len(read_file(str(left), None, None).entries) == len(book.left)
