"""Candidate pairs without a cross product: bundles of like items, joined by shared labels, amount and date."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.decisions import book_order
from reconciler.reconciliation import Tolerance
from reconciler.types import Item

__all__ = ["Bundle", "Window", "bundles_of", "shared_labels"]

_NEAREST = 64
"""How many candidates of one bundle under one label are looked at, the nearest first. Keeps crowded labels linear."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Items of one side that a matching step cannot tell apart. `amount` is signed minor units, `day` an ordinal UTC date."""

    items: tuple[Item, ...]
    amount: int
    day: int
    labels: frozenset[str]


def bundles_of(
    items: Iterable[Item], labels: Callable[[Item], frozenset[str]], identity: Callable[[Item], Hashable] | None = None
) -> list[Bundle]:
    """Bundles of the items that have a label, in order of their first item; each bundle's items in book order.

    Args:
        items: of one side.
        labels: what ties an item to the other side.
        identity: what else tells items apart, besides labels, amount and day; nothing when None.
    """
    found: defaultdict[tuple[frozenset[str], int, int, Hashable], list[Item]] = defaultdict(list)
    tagged = [(item, tags) for item in items if (tags := labels(item))]
    for item, tags in sorted(tagged, key=lambda one: book_order(one[0])):
        day = item.booked_at.astimezone(dt.UTC).toordinal()
        found[tags, item.signed_minor, day, identity(item) if identity else None].append(item)
    return [Bundle(tuple(alike), amount, day, tags) for (tags, amount, day, _), alike in found.items()]


@dataclass(frozen=True, slots=True)
class Window:
    """How far apart two items may be: the reconciliation's tolerance in one currency."""

    tolerance: Tolerance
    currency: str

    def admits(self, left: Bundle, right: Bundle) -> bool:
        """Whether amount and date are within tolerance, money in against money in."""
        return (
            self.tolerance.within_days(left.day, right.day)
            and (left.amount < 0) == (right.amount < 0)
            and self.tolerance.within((left.amount, right.amount), self.currency)
        )


def shared_labels(left: Sequence[Bundle], right: Sequence[Bundle], window: Window) -> Mapping[tuple[int, int], int]:
    """For each pair of bundles that share a label and are within the window: how many labels they share.

    Returns:
        Counts by (index in `left`, index in `right`).
    """
    left_by_label, right_by_label = _by_label(left), _by_label(right)
    counts: defaultdict[tuple[int, int], int] = defaultdict(int)
    for label in left_by_label.keys() & right_by_label.keys():
        for pair in _pairs(left_by_label[label], right_by_label[label], left, right, window):
            counts[pair] += 1
    return counts


def _by_label(bundles: Sequence[Bundle]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for index, bundle in enumerate(bundles):
        for label in bundle.labels:
            found[label].append(index)
    return found


def _pairs(
    lefts: Sequence[int], rights: Sequence[int], left: Sequence[Bundle], right: Sequence[Bundle], window: Window
) -> Iterator[tuple[int, int]]:
    if len(lefts) * len(rights) <= _NEAREST:
        for first in lefts:
            yield from ((first, second) for second in rights if window.admits(left[first], right[second]))
        return
    shelf: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for index in rights:
        shelf[right[index].amount].append((right[index].day, index))
    for dated in shelf.values():
        dated.sort()
    amounts = sorted(shelf)
    for first in lefts:
        near = [
            (abs(right[second].amount - left[first].amount), abs(right[second].day - left[first].day), second)
            for second in _within(left[first], shelf, amounts, window)
            if window.admits(left[first], right[second])
        ]
        near.sort()
        yield from ((first, second) for _, _, second in near[:_NEAREST])


def _within(
    wanted: Bundle, shelf: Mapping[int, Sequence[tuple[int, int]]], amounts: Sequence[int], window: Window
) -> Iterator[int]:
    """Bundles of the shelf whose amount and day come near; nearest amounts first, and not more than are of use."""
    reach = window.tolerance.reach_minor(wanted.amount, window.currency)
    low, high = bisect_left(amounts, wanted.amount - reach), bisect_right(amounts, wanted.amount + reach)
    down, up = bisect_left(amounts, wanted.amount) - 1, bisect_left(amounts, wanted.amount)
    earliest, latest = window.tolerance.day_window(wanted.day)
    found = 0
    while (down >= low or up < high) and found < _NEAREST:
        nearer_up = down < low or (up < high and amounts[up] - wanted.amount <= wanted.amount - amounts[down])
        amount = amounts[up] if nearer_up else amounts[down]
        up, down = (up + 1, down) if nearer_up else (up, down - 1)
        dated = shelf[amount]
        begin, end = bisect_left(dated, (earliest, -1)), bisect_left(dated, (latest + 1, -1))
        # A crowd on one amount cannot be told apart by walking it; its middle, the nearest days, is enough.
        middle = bisect_left(dated, (wanted.day, -1))
        begin, end = max(begin, middle - _NEAREST), min(end, middle + _NEAREST)
        found += end - begin
        yield from (index for _, index in dated[begin:end])
