"""Items that a reference ties and whose sums do not agree: reported together, with the gap, and not as a pile of single items."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from reconciler.book import Book
from reconciler.evidence import all_references
from reconciler.groups.reach import Reach, deducted, is_fee
from reconciler.groups.references import owners_of
from reconciler.types import BreakType, Item

__all__ = ["report_unfinished"]

_MILLION = 1_000_000
_NONE: AbstractSet[tuple[str, str]] = frozenset()
_MIN_LENGTH = 8
_MIN_DIGITS = 4


def report_unfinished(book: Book, *, beyond_singles: bool, apart_from: AbstractSet[tuple[str, str]] = _NONE) -> None:
    """A SPLIT, AMOUNT or FEE_VARIANCE break for each reference under which free items of both sides meet without agreeing.

    Args:
        book: the book.
        apart_from: sides and ids of items that may yet be matched in a group.
        beyond_singles: only where no left and right item come near enough in amount for the weaker steps to weigh them.
    """
    rules = book.reconciliation
    reach = Reach.of(book)
    left, right = (owners_of(side, rules.groups.most_members) for side in (book.left, book.right))
    taken = set(apart_from)
    for token in sorted(left.keys() & right.keys(), key=lambda one: (-len(left[one]) - len(right[one]), -len(one), one)):
        lefts, rights = left[token], right[token]
        items = (*lefts, *rights)
        places = {(item.side, item.id) for item in items}
        if places & taken or not _is_reference(token, items) or min(len(lefts), len(rights)) > 1 or book.apart.meeting(items):
            continue
        apart = deducted(lefts, rights)
        if not apart or not reach.spans(lefts, rights) or (beyond_singles and _near(lefts, rights, rules.learning.amount_ppm)):
            continue
        taken |= places
        if len(items) == 2:
            book.differ(lefts[0], rights[0], token)
        else:
            kind = BreakType.FEE_VARIANCE if is_fee(book, lefts, rights)[1] else BreakType.SPLIT
            book.split(kind, lefts, rights, token)


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
