"""Candidate pairs of a book in arrays: items that share a label and are near in amount and day. Never a cross product."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reconciler.probabilistic.texts import Bools, Ints

__all__ = ["LabelRows", "Reach", "candidate_pairs", "distinct"]

_STEPS_A_NAT = 1 << 16
"""Resolution of the logarithm of an amount in a search key; a pair at the edge is checked again by its exact ratio."""

_KEY_BITS = 23


@dataclass(frozen=True, slots=True)
class Reach:
    """How far apart candidates may be.

    Attributes:
        log_ratio: largest absolute logarithm of the ratio of the amounts.
        days_before: days that the right item may be booked before the left one.
        days_after: days that it may be booked after it.
    """

    log_ratio: float
    days_before: int
    days_after: int


@dataclass(frozen=True, slots=True)
class LabelRows:
    """Which items of a side have which label: parallel arrays, one row per label of an item."""

    labels: Ints
    items: Ints


def candidate_pairs(
    left: LabelRows, right: LabelRows, days: tuple[Ints, Ints], amounts: tuple[Ints, Ints], reach: Reach
) -> tuple[Ints, Ints]:
    """Left and right item numbers of all pairs that share a label and are within reach, each pair once, sorted.

    Args:
        left: labels of the left items.
        right: labels of the right items.
        days: ordinal days by item number, left and right.
        amounts: unsigned minor units by item number, left and right. The sign belongs into the label.
        reach: how far apart the two may be.
    """
    count = len(days[1])
    found = [distinct(keys) for keys in _keys(left, right, days, amounts, reach, count)]
    keys = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *found]))
    return keys // count, keys % count


def distinct(keys: Ints) -> Ints:
    """The keys in order, each once. `numpy.unique` does it by hashing, which takes several times as long."""
    ordered = np.sort(keys)
    fresh = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh]


def _keys(
    left: LabelRows, right: LabelRows, days: tuple[Ints, Ints], amounts: tuple[Ints, Ints], reach: Reach, count: int
) -> Iterator[Ints]:
    """`left * count + right` of the pairs, once for each label that they share, day by day of lag."""
    first, last = _of_both(left, right)
    if not len(first.labels):
        return
    begin = min(days[0].min(), days[1].min()) - reach.days_before
    span = max(days[0].max(), days[1].max()) + reach.days_after - begin + 1
    levels = tuple(np.rint(np.log(np.maximum(side, 1)) * _STEPS_A_NAT).astype(np.int64) for side in amounts)
    margin = int(np.ceil(reach.log_ratio * _STEPS_A_NAT)) + 1
    # The right items by label, day and amount; `known` are their labels and days, and ranks of these lead the search keys.
    places = last.labels * span + days[1][last.items] - begin
    order = np.lexsort((last.items, levels[1][last.items], places))
    places, shelved = places[order], last.items[order]
    known = distinct(places)
    shelf = (np.searchsorted(known, places) << _KEY_BITS) + levels[1][shelved]
    wanted = np.lexsort((levels[0][first.items], days[0][first.items], first.labels))
    labels, items = first.labels[wanted], first.items[wanted]
    place = labels * span + days[0][items] - reach.days_before - begin
    rank = np.searchsorted(known, place)
    known = np.append(known, np.iinfo(np.int64).max)
    for _ in range(reach.days_before + reach.days_after + 1):
        there = known[rank] == place
        hit = np.flatnonzero(there)
        base, level = rank[hit] << _KEY_BITS, levels[0][items[hit]]
        low = np.searchsorted(shelf, base + np.maximum(level - margin, 0))
        high = np.searchsorted(shelf, base + level + margin, side="right")
        lengths = high - low
        ours = np.repeat(items[hit], lengths)
        theirs = shelved[np.repeat(low - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())]
        yield ours * count + theirs
        # The next day of the same label is the next one that is known, or not known.
        rank += there
        place += 1


def _of_both(left: LabelRows, right: LabelRows) -> tuple[LabelRows, LabelRows]:
    """The rows whose label both sides have, labels numbered anew."""
    size = max(left.labels.max(initial=-1), right.labels.max(initial=-1)) + 1
    seen = np.zeros((2, size), dtype=bool)
    for labels, rows in zip(seen, (left, right), strict=True):
        labels[rows.labels] = True
    common: Bools = seen[0] & seen[1]
    numbers = np.cumsum(common) - 1
    kept = common[left.labels], common[right.labels]
    first, last = (LabelRows(numbers[rows.labels[of]], rows.items[of]) for rows, of in zip((left, right), kept, strict=True))
    return first, last
