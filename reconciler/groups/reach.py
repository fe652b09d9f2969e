"""Which days and sums a group may span, by the rules of a book. Days are ordinal UTC dates, amounts signed minor units."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.book import Book
from reconciler.decisions import day_of
from reconciler.types import Item

__all__ = ["Reach", "deducted", "fits", "is_fee"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the members of a group may be apart.

    Attributes:
        before: days that the last side may be booked before the first.
        after: days that the last side may be booked after the first.
    """

    before: int
    after: int

    @classmethod
    def of(cls, book: Book) -> "Reach":
        """By the section `groups`, else by the widest tolerance of the passes."""
        rules = book.reconciliation
        tolerances = [rules.tolerance, *(rules.tolerance_of(one) for one in rules.passes)]
        before, after = rules.groups.days_before, rules.groups.days_after
        return cls(
            max(one.days_before for one in tolerances) if before is None else before,
            max(one.days_after for one in tolerances) if after is None else after,
        )

    def window(self, day: int, *, of_left: bool) -> tuple[int, int]:
        """The first and the last day that the other side's members may have."""
        return (day - self.before, day + self.after) if of_left else (day - self.after, day + self.before)

    def spans(self, lefts: Sequence[Item], rights: Sequence[Item]) -> bool:
        """Whether every left and right member are within reach of each other."""
        first, last = [day_of(item) for item in lefts], [day_of(item) for item in rights]
        return min(last) - max(first) >= -self.before and max(last) - min(first) <= self.after


def fits(book: Book, lefts: Sequence[Item], rights: Sequence[Item]) -> bool:
    """Whether both sums are within tolerance, before or after the fees that the items say."""
    return any(
        (first < 0) == (last < 0) and book.window.tolerance.within((first, last), book.window.currency)
        for first in _sums(lefts)
        for last in _sums(rights)
    )


def deducted(lefts: Sequence[Item], rights: Sequence[Item]) -> int | None:
    """What one side's sum is short of the other's, unsigned; None when money in stands against money out."""
    first, last = (sum(item.signed_minor for item in side) for side in (lefts, rights))
    return abs(first - last) if first and last and (first < 0) == (last < 0) else None


def is_fee(book: Book, lefts: Sequence[Item], rights: Sequence[Item]) -> tuple[bool, bool]:
    """Whether a deduction could be a fee, and whether the fee profile says so."""
    apart = deducted(lefts, rights)
    if apart is None:
        return False, False
    rules = book.reconciliation
    largest = max(abs(sum(item.signed_minor for item in side)) for side in (lefts, rights))
    explained = apart <= max(rules.fees.explained_minor(side) for side in (lefts, rights))
    return explained or apart <= largest * rules.groups.fee_ppm // _MILLION, explained


def _sums(items: Sequence[Item]) -> set[int]:
    return {sum(item.signed_minor for item in items), sum(item.net_minor for item in items)}
