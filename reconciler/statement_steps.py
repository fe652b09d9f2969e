"""The steps of the statement shape that go by references: each looks for one kind of them among the items that are still free."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from reconciler.assignment import assign
from reconciler.book import Book
from reconciler.evidence import all_references, reference_tokens
from reconciler.grounds import Grounds
from reconciler.near_references import Labels, slip_labels, truncation_labels
from reconciler.pairing import Chosen, Labelling, decide, in_order, match_chosen, ties_between
from reconciler.ties import report_tie
from reconciler.types import Item, Stage

__all__ = [
    "match_embedded_references",
    "match_references",
    "match_slips",
    "match_truncated_references",
    "report_amount_differences",
]

_MOST_OWNERS = 8
"""A piece of text that more items of a side have is no reference: a date, a branch code, a phrase."""

_REFERENCE = Grounds(stage=Stage.REFERENCE, signal="reference", probability_ppm=1_000_000)
_EMBEDDED = Grounds(stage=Stage.TOLERANCE, signal="embedded reference", probability_ppm=999_800)
_TRUNCATED = Grounds(stage=Stage.TOLERANCE, signal="truncated reference", probability_ppm=999_800)
_SLIP = Grounds(stage=Stage.TOLERANCE, signal="reference with a slip", probability_ppm=999_750)

_NO_LABELS: AbstractSet[str] = frozenset()


def match_references(book: Book) -> None:
    """Equal normalised references, the key or any other."""
    _match_by(book, lambda item: frozenset(all_references(item)), _REFERENCE)


def report_amount_differences(book: Book) -> None:
    """A reference that one item of each side has, with amounts that differ by more than any pass allows."""
    left, right = book.left, book.right
    sole_left, sole_right = _sole_owners(left), _sole_owners(right)
    taken: set[tuple[str, str]] = set()
    tolerances = [book.reconciliation.tolerance_of(one) for one in book.reconciliation.passes]
    for reference in sorted(sole_left.keys() & sole_right.keys()):
        first, second = sole_left[reference], sole_right[reference]
        places = {(item.side, item.id) for item in (first, second)}
        days = (first.booked_at.date().toordinal(), second.booked_at.date().toordinal())
        amounts = (first.signed_minor, second.signed_minor)
        near = any(one.within_days(*days) for one in tolerances)
        differ = not any(one.within(amounts, book.window.currency) for one in tolerances)
        if near and differ and not places & taken and not book.apart.separates(first, second):
            taken |= places
            book.differ(first, second, reference)


def match_embedded_references(book: Book) -> None:
    """A reference of one side inside the text of the other, or the same rare reference inside both texts."""
    _match_by(book, reference_tokens, _EMBEDDED, most_owners=_MOST_OWNERS)


def match_truncated_references(book: Book) -> None:
    """A reference that one side cut short."""
    near = truncation_labels(_tokens(book.left), _tokens(book.right))
    _match_by(book, _through(near), _TRUNCATED)


def match_slips(book: Book) -> None:
    """A reference with one wrong, missing, extra or swapped character, beside the same amount."""
    shared = {item.signed_minor for item in book.left} & {item.signed_minor for item in book.right}

    def dated(items: Iterable[Item]) -> Iterable[tuple[int, str]]:
        return ((item.signed_minor, token) for item in items if item.signed_minor in shared for token in reference_tokens(item))

    _match_by(book, _through(slip_labels(dated(book.left), dated(book.right))), _SLIP)


def _match_by(book: Book, labels: Labelling, grounds: Grounds, *, most_owners: int | None = None) -> None:
    """Pair free items that share labels, as far as that is unambiguous.

    Args:
        book: the book.
        labels: what ties items; only labels that both sides have count.
        grounds: stamped on the matches.
        most_owners: a label that more items of a side have is left out.
    """
    ties = ties_between(book, labels, most_owners=most_owners)
    found = assign(ties.costs, *ties.sizes)
    chosen: list[Chosen] = []
    for group in found.groups:
        for first, second, pairs in in_order(group, ties.left, ties.right):
            evidence = ", ".join(sorted(ties.left[first].labels & ties.right[second].labels))
            chosen.extend(Chosen(one, other, grounds, evidence, decide(book, grounds, None), None) for one, other in pairs)
    for lefts, rights in found.ties:
        report_tie(book, ties.items(0, lefts), ties.items(1, rights), grounds)
    match_chosen(book, chosen)


def _sole_owners(items: Iterable[Item]) -> dict[str, Item]:
    """References that exactly one of the items has."""
    listed = list(items)
    owners = Counter(reference for item in listed for reference in all_references(item))
    return {reference: item for item in listed for reference in all_references(item) if owners[reference] == 1}


def _tokens(items: Iterable[Item]) -> set[str]:
    return {token for item in items for token in reference_tokens(item)}


def _through(near: Labels) -> Labelling:
    """Labels of an item by way of its references."""
    return lambda item: frozenset(label for token in reference_tokens(item) for label in near.get(token, _NO_LABELS))
