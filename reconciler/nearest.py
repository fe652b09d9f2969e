"""The nearest candidate of an open item, what separates them, and what the cause may be."""

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from reconciler.evidence import all_references
from reconciler.explaining.causes import Cause, Circumstances, suspect_pair
from reconciler.suspected_splits import SuspectedSplit
from reconciler.types import Item, Nearest, Reason

__all__ = ["NearestFinder"]

_LOOKED_AT = 8


class NearestFinder:
    """Finds, among the open items of the other side, the one that comes nearest. Looks at a bounded number of them."""

    def __init__(self, candidates: Sequence[Item], circumstances: Circumstances) -> None:
        self._sorted = sorted(candidates, key=lambda item: (item.signed_minor, item.booked_at, item.id))
        self._amounts = [item.signed_minor for item in self._sorted]
        self._circumstances = circumstances
        self._by_reference: defaultdict[str, list[Item]] = defaultdict(list)
        for item in self._sorted:
            for reference in all_references(item):
                self._by_reference[reference].append(item)

    def find(self, item: Item) -> Nearest | None:
        """The nearest candidate: one of the same reference if there is one, else by amount and then by date.

        None when every candidate's amount is less than half of the item's or more than twice as much.
        """
        references = all_references(item)
        same = [other for reference in references for other in self._by_reference.get(reference, ())[:_LOOKED_AT]]
        place = bisect_left(self._amounts, item.signed_minor)
        around = self._sorted[max(0, place - _LOOKED_AT) : place + _LOOKED_AT]
        plausible = same or [other for other in around if _plausible(item, other)]
        if not plausible:
            return None
        best = min(
            plausible,
            key=lambda other: (abs(other.signed_minor - item.signed_minor), abs(_lag(item, other)), other.id),
        )
        return self.compare(item, best)

    def compare(self, item: Item, other: Item) -> Nearest:
        """A candidate that is known from elsewhere, with what separates it from the item."""
        suspicion = suspect_pair(item, other, self._circumstances)
        return Nearest(other.id, self._differences(item, other), None if suspicion is None else suspicion.cause.value)

    def split(self, item: Item, found: SuspectedSplit) -> Nearest:
        """What an item is a part of, or made up of, with what separates the two."""
        return Nearest(found.other.id, (found.reason, *self._differences(item, found.other)), Cause.SPLIT.value)

    def _differences(self, item: Item, other: Item) -> tuple[Reason, ...]:
        found = []
        apart = other.signed_minor - item.signed_minor
        if apart:
            found.append(
                Reason("amount", f"{other.signed_minor} instead of {item.signed_minor} {item.currency}: differs by {abs(apart)}")
            )
        lag = _lag(item, other)
        if lag:
            found.append(Reason("date", f"{abs(lag)} days {'later' if lag > 0 else 'earlier'}"))
        ours, theirs = all_references(item), all_references(other)
        if (ours or theirs) and not set(ours) & set(theirs):
            found.append(Reason("reference", f"{other.key or 'none'} instead of {item.key or 'none'}"))
        return tuple(found)


def _plausible(item: Item, other: Item) -> bool:
    if (item.signed_minor < 0) != (other.signed_minor < 0):
        return False
    small, large = sorted((item.amount_minor, other.amount_minor))
    return large <= 2 * small


def _lag(item: Item, other: Item) -> int:
    return other.booked_at.astimezone(dt.UTC).toordinal() - item.booked_at.astimezone(dt.UTC).toordinal()
