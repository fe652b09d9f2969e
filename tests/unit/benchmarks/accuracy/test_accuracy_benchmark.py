"""The benchmark's own parts: a scorer that cannot flatter, and books that are what they say."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.accuracy.books import FIELDS, LabelledBook, write_book
from benchmarks.accuracy.hard_books import DIFFICULTIES, hard_book
from benchmarks.accuracy.scoring import Truth, score
from benchmarks.accuracy.shared_pairs import SAMPLE, read_pairs, with_removed
from reconciler.dispatch import solve
from reconduit.matching.items import items_of
from reconduit.matching.rules import load_reconciliation
from reconduit.matching.statement_file import read_file


def match(left: str, right: str, decision: str = "auto") -> dict[str, object]:
    return {"left": [left], "right": [right], "decision": decision}


TRUTH = Truth({("a", "x"): "fee", ("b", "y"): "fee", ("c", "z"): "typo"}, {})


def test_bands_count_right_and_wrong_decisions() -> None:
    found = score(TRUTH, [match("a", "x"), match("b", "z"), match("c", "z", "suggested")])
    assert (found.auto.decided, found.auto.right) == (2, 1)
    assert (found.auto.precision, found.auto.recall) == (0.5, pytest.approx(1 / 3))
    assert (found.all.decided, found.all.right, found.all.f1) == (3, 2, pytest.approx(2 / 3))
    assert found.all.false_per_100k == pytest.approx(100_000 / 3)
    assert found.kinds == {"fee": (2, 1), "typo": (1, 1)}


def test_twins_may_be_exchanged_but_not_claimed_more_often_than_they_are() -> None:
    truth = Truth({("a", "x"): "twin", ("b", "y"): "twin"}, {"a": "left", "b": "left", "x": "right", "y": "right"})
    assert score(truth, [match("a", "y"), match("b", "x")]).all.right == 2
    assert score(truth, [match("a", "y"), match("b", "x"), match("a", "x")]).all.right == 2


def test_nothing_found_is_no_recall() -> None:
    found = score(TRUTH, [])
    assert (found.all.recall, found.all.f1, found.all.precision) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("name", sorted(DIFFICULTIES))
def test_a_book_is_the_same_for_the_same_seed_and_has_what_its_difficulty_says(name: str) -> None:
    book, again, other = hard_book(name, 1, 2_000), hard_book(name, 1, 2_000), hard_book(name, 2, 2_000)
    assert (book.left, book.right, book.truth.pairs) == (again.left, again.right, again.truth.pairs)
    assert book.left != other.left
    ids = [{row[0] for row in side} for side in (book.left, book.right)]
    assert all(left in ids[0] and right in ids[1] for left, right in book.truth.pairs)
    alone = 1 - len(book.truth.pairs) / 2_000
    assert alone == pytest.approx(DIFFICULTIES[name].alone / 100, abs=0.05)
    assert {"fee", "rate", "typo", "cut", "wording", "twin", "duplicate"} <= set(Counter(book.truth.pairs.values()))


def test_a_book_is_written_as_the_command_reads_it(tmp_path: Path) -> None:
    book = hard_book("easy", 1, 200)
    left, _ = write_book(book, tmp_path)
    with left.open(encoding="utf-8", newline="") as stream:
        assert [tuple(row[field] for field in FIELDS) for row in csv.DictReader(stream)] == list(book.left)
    assert len(read_file(str(left), None, None).entries) == len(book.left)


def matched(book: LabelledBook, folder: Path) -> list[dict[str, object]]:
    reconciliation = load_reconciliation(None)
    left, right = (read_file(str(path), None, None) for path in write_book(book, folder))
    outcome = solve(reconciliation, items_of(reconciliation, left, right), None)
    named = tuple(zip(("left", "right"), reconciliation.side_names, strict=True))
    return [
        {name: [member.id for member in found.members if member.side == side] for name, side in named}
        | {"decision": found.decision.value}
        for found in outcome.matches
    ]


@pytest.mark.slow
def test_a_hard_book_is_matched_as_well_as_the_page_says(tmp_path: Path) -> None:
    book = hard_book("hard", 106)
    found = score(book.truth, matched(book, tmp_path))
    assert found.all.f1 >= 0.97
    assert found.all.precision >= 0.99
    assert found.auto.precision >= 0.999


@pytest.mark.slow
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the shared matching samples are not beside this checkout")
def test_the_shared_pairs_with_a_fifth_removed(tmp_path: Path) -> None:
    book = with_removed(read_pairs(), 20, 17)
    found = score(book.truth, matched(book, tmp_path))
    assert found.all.f1 >= 0.99
    assert found.auto.precision >= 0.9995
    assert found.auto.recall >= 0.93
