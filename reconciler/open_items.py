"""Items of a book that stay open: what the stages found out about them, and the breaks that tell it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reconciler.decisions import make_break
from reconciler.due import Horizon, is_overdue
from reconciler.explaining.causes import Circumstances
from reconciler.nearest import NearestFinder
from reconciler.reconciliation import Reconciliation
from reconciler.suspected_splits import suspected_splits
from reconciler.types import Break, BreakType, Item, Reason

__all__ = ["OpenItems"]

_WEAKER = frozenset({None, "reference"})
"""Causes that say less than that several items add up to one."""


class OpenItems:
    """What is known about items, should they stay open."""

    def __init__(self) -> None:
        self._hints: dict[tuple[str, str], Item] = {}
        self._notes: defaultdict[tuple[str, str], list[Reason]] = defaultdict(list)

    def hint(self, item: Item, candidate: Item) -> None:
        """Name the nearest candidate of an item. A later hint replaces an earlier one."""
        self._hints[item.side, item.id] = candidate

    def note(self, item: Item, reason: Reason) -> None:
        """Say something about an item. The same is said once."""
        notes = self._notes[item.side, item.id]
        if reason not in notes:
            notes.append(reason)

    def breaks(
        self, rules: Reconciliation, horizon: Horizon | None, free: tuple[Sequence[Item], Sequence[Item]]
    ) -> Iterator[Break]:
        """TIMING or MISSING for every item, with its nearest candidate.

        Args:
            rules: of the book.
            horizon: watermarks by side for the close pass; None makes nothing overdue.
            free: items of both sides that nothing was decided about.
        """
        circumstances = Circumstances(tolerance=rules.tolerance, fees=rules.fees, sides=rules.side_names)
        splits = suspected_splits(free)
        for index, kind in ((0, BreakType.MISSING_RIGHT), (1, BreakType.MISSING_LEFT)):
            other = 1 - index
            lacking = rules.side_names[other]
            finder = NearestFinder(free[other], circumstances)
            for item in free[index]:
                place = item.side, item.id
                late = is_overdue(rules.calendar, horizon, lacking, (item,))
                text = f"nothing on {lacking}, complete beyond the due date" if late else f"{lacking} may still deliver"
                hinted = self._hints.get(place)
                nearest = finder.compare(item, hinted) if hinted is not None else finder.find(item)
                if place in splits and (nearest is None or nearest.suspected in _WEAKER):
                    nearest = finder.split(item, splits[place])
                yield make_break(
                    kind if late else BreakType.TIMING,
                    (item,),
                    key=item.key or item.id,
                    amount_minor=item.amount_minor,
                    reasons=(Reason("missing" if late else "due", text), *self._notes.get(place, ())),
                    final=late,
                    nearest=nearest,
                )
