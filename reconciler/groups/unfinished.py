"""Items that a reference ties and whose sums do not agree: reported together, with the gap, and not as a pile of single items."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from reconciler.book import Book
from reconciler.evidence import all_references
from reconciler.groups.reach import Reach, deducted, is_fee
from reconciler.groups.references import owners_of
from reconciler.types import BreakType, Item

__all__ = ["report_unfinished", "reserve_unfinished"]

_MILLION = 1_000_000
_MIN_LENGTH = 8
_MIN_DIGITS = 4

_Meeting = tuple[str, Sequence[Item], Sequence[Item]]
_Test = Callable[[Sequence[Item], Sequence[Item]], bool]


def reserve_unfinished(book: Book, apart_from: AbstractSet[tuple[str, str]]) -> None:
    """Keep items that meet under a reference from single pairs, where no two come near enough in amount for these to be weighed.

    Args:
        book: the book.
        apart_from: sides and ids of items that may yet be matched in a group.
    """
    ppm = book.reconciliation.learning.amount_ppm
    for _, lefts, rights in _unfinished(book, apart_from, lambda lefts, rights: not _near(lefts, rights, ppm)):
        book.reserve((*lefts, *rights))


def report_unfinished(book: Book) -> None:
    """A SPLIT, AMOUNT or FEE_VARIANCE break for each reference under which free items of both sides meet without agreeing."""
    for token, lefts, rights in _unfinished(book, frozenset(), lambda _lefts, _rights: True):
        if len(lefts) + len(rights) == 2:
            book.differ(lefts[0], rights[0], token)
        else:
            kind = BreakType.FEE_VARIANCE if is_fee(book, lefts, rights)[1] else BreakType.SPLIT
            book.split(kind, lefts, rights, token)


def _unfinished(book: Book, apart_from: AbstractSet[tuple[str, str]], wanted: _Test) -> Iterator[_Meeting]:
    """References with the free items of both sides that meet under them and whose sums differ, each item once."""
    reach = Reach.of(book)
    left, right = (owners_of(side, book.reconciliation.groups.most_members) for side in (book.left, book.right))
    taken = set(apart_from)
    for token in sorted(left.keys() & right.keys(), key=lambda one: (-len(left[one]) - len(right[one]), -len(one), one)):
        lefts, rights = left[token], right[token]
        items = (*lefts, *rights)
        places = {(item.side, item.id) for item in items}
        if places & taken or not _is_reference(token, items) or min(len(lefts), len(rights)) > 1 or book.apart.meeting(items):
            continue
        if deducted(lefts, rights) and reach.spans(lefts, rights) and wanted(lefts, rights):
            taken |= places
            yield token, lefts, rights


def _is_reference(token: str, items: Sequence[Item]) -> bool:
    """A structured reference, or a piece of text long enough and with enough digits to be one."""
    if all(token in all_references(item) for item in items):
        return True
    return len(token) >= _MIN_LENGTH and Counter(map(str.isdigit, token))[True] >= _MIN_DIGITS


def _near(lefts: Sequence[Item], rights: Sequence[Item], ppm: int) -> bool:
    return any(
        abs(one.signed_minor - other.signed_minor) * _MILLION <= max(one.amount_minor, other.amount_minor) * ppm
        for one in lefts
        for other in rights
    )
