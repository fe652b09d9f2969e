"""Ties that wait for the search for groups."""

from reconciler.book import Book
from reconciler.grounds import Grounds
from reconciler.operator_matches import KeptApart
from reconciler.rules import parse_reconciliation
from reconciler.types import Decision, Reason, Stage

RULES = parse_reconciliation(
    """name: books
version: 1
shape: statement
sides: [{name: ledger}, {name: bank}]
tolerance: {amount: {absolute_minor: {INR: 0}}, days: {before: 5, after: 20}}
""",
    "books.yaml",
)
TIE = Grounds(stage=Stage.PROBABILISTIC, signal="evidence", probability_ppm=500_000)


def tied(make_item) -> tuple[Book, list, list]:
    lefts = [make_item("l", "ledger", 500)]
    rights = [make_item(f"b{n}", "bank", 500) for n in range(2)]
    book = Book(RULES, [*lefts, *rights], None, KeptApart(), ())
    book.postpone_tie(lefts, rights, TIE)
    return book, lefts, rights


def kinds(book: Book) -> list[tuple[str, ...]]:
    return [(broken.type.value, *(member.id for member in broken.members)) for broken in book.outcome().breaks]


def test_items_of_a_postponed_tie_are_free_to_nothing_until_they_are_released(make_item) -> None:
    book, lefts, rights = tied(make_item)
    assert (book.left, book.right) == ([], [])
    book.release()
    assert (book.left, book.right) == (lefts, rights)


def test_a_tie_that_nothing_resolved_is_reported(make_item) -> None:
    book, *_ = tied(make_item)
    book.open_the_rest()
    assert kinds(book) == [("AMBIGUOUS", "b0", "b1", "l")]


def test_a_tie_of_which_a_group_took_one_side_is_no_tie(make_item) -> None:
    book, lefts, _ = tied(make_item)
    book.release()
    book.match_group(
        lefts, (), stage=Stage.GROUP, reasons=[Reason("sum", "equal")], decision=Decision.SUGGESTED, probability_ppm=950_000
    )
    book.open_the_rest()
    assert [kind for kind, *_ in kinds(book)] == ["TIMING", "TIMING"]
