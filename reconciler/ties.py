"""Items that a step cannot tell apart: copies of one record are no question, everything else is for a person."""

from collections.abc import Sequence

from reconciler.book import Book
from reconciler.decisions import book_order
from reconciler.grounds import Grounds
from reconciler.groups.copies import are_copies, copies_of_matched, share_evidence
from reconciler.types import Decision, Item, Reason

__all__ = ["report_copies", "report_tie"]

_COPY_PPM = 950_000


def report_tie(book: Book, lefts: Sequence[Item], rights: Sequence[Item], grounds: Grounds, *, postponed: bool = False) -> None:
    """Report free items that cannot be told apart as AMBIGUOUS, with each other as candidates.

    Of copies of one record as many as the other side has are matched, the earliest first, and the others are DUPLICATE.

    Args:
        book: the book.
        lefts: of the first side.
        rights: of the second side.
        grounds: what ties them.
        postponed: report them at the end, and leave them to the search for groups before.
    """
    if len(lefts) == len(rights) or not _match_earliest(book, lefts, rights, grounds):
        (book.postpone_tie if postponed else book.tie)(lefts, rights, grounds)


def report_copies(book: Book) -> None:
    """DUPLICATE for every free item that is a copy of a matched one."""
    for index, free in enumerate((book.left, book.right)):
        matched = (pair[index] for pair in book.paired)
        for copy, first in copies_of_matched(free, matched, book.told_of_many):
            book.duplicate(copy, first)


def _match_earliest(book: Book, lefts: Sequence[Item], rights: Sequence[Item], grounds: Grounds) -> bool:
    """Match the first of some copies and report the others; False, with nothing decided, if that would be a guess."""
    sides = [sorted(side, key=book_order) for side in (lefts, rights)]
    pairs = list(zip(*sides, strict=False))
    copied = [side for side in sides if len(side) > 1]
    if not all(are_copies(side, book.told_of_many) for side in copied) or not share_evidence(lefts[0], rights[0]):
        return False
    if any(book.apart.separates(one, other) for one, other in pairs):
        return False
    more = max(sides, key=len)
    for one, other in pairs:
        book.pair(
            one,
            other,
            stage=grounds.stage,
            reasons=(Reason(grounds.signal, f"the earliest of {len(more)} copies on {more[0].side}"),),
            decision=Decision.SUGGESTED,
            probability_ppm=_COPY_PPM,
            runner_up=more[-1].id,
        )
    for copy in more[len(pairs) :]:
        book.duplicate(copy, more[0])
    return True
