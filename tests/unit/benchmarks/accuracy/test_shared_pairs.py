"""The shared pairs as the benchmark cuts them."""

import datetime as dt

import pytest

from benchmarks.accuracy.books import LabelledBook
from benchmarks.accuracy.shared_pairs import first_pairs, with_removed
from benchmarks.accuracy.truth import Truth, pairs_as_groups

START = dt.date(2026, 1, 1)


@pytest.fixture
def book() -> LabelledBook:
    days = [(START + dt.timedelta(days=number)).isoformat() for number in range(300)]
    left = [(f"L{number}", day, "1.00", "abc XYZ 19") for number, day in enumerate(days)]
    right = [(f"R{number}", day, "1.00", "abc") for number, day in enumerate(days)]
    return LabelledBook("book", left, right, Truth(pairs_as_groups(((f"L{n}", f"R{n}") for n in range(300)), "pair")))


def test_each_side_loses_records_by_itself_and_truth_keeps_whole_pairs(book: LabelledBook) -> None:
    removed = with_removed(book, 20, 1)
    assert len(removed.left) == pytest.approx(240, abs=25)
    assert len(removed.right) == pytest.approx(240, abs=25)
    kept = {row[0] for row in (*removed.left, *removed.right)}
    assert {group.left | group.right <= kept for group in removed.truth.groups} == {True}
    assert len(removed.truth.groups) < min(len(removed.left), len(removed.right))


def test_beyond_its_end_the_book_begins_again_later_and_in_other_words(book: LabelledBook) -> None:
    longer = first_pairs(book, 301)
    assert (len(longer.left), len(longer.right), len(longer.truth.groups)) == (301, 301, 301)
    assert [row for row in longer.left if row[0] == "L0-1"] == [("L0-1", "2026-10-28", "1.00", "bcd YZA 19")]
    assert len(first_pairs(book, 20).left) == 20
    assert {row[1] for row in first_pairs(book, 20).left} == {row[1] for row in book.left[:20]}
