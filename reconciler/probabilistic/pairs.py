"""Candidate pairs of a book in arrays: items that share a label and are near in amount and day. Never a cross product."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reconciler.probabilistic.texts import Ints

__all__ = ["LabelRows", "Reach", "candidate_pairs"]

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
    found = [np.unique(keys) for keys in _keys(left, right, days, amounts, reach, count)]
    pairs = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    return pairs // count, pairs % count


def _keys(
    left: LabelRows, right: LabelRows, days: tuple[Ints, Ints], amounts: tuple[Ints, Ints], reach: Reach, count: int
) -> Iterator[Ints]:
    """`left * count + right` of the pairs, day by day of lag."""
    common = np.intersect1d(left.labels, right.labels)
    if not len(common):
        return
    first, last = (_known(rows, common) for rows in (left, right))
    begin = min(days[0].min(), days[1].min()) - reach.days_before
    span = max(days[0].max(), days[1].max()) + reach.days_after - begin + 1
    levels = tuple(np.rint(np.log(np.maximum(side, 1)) * _STEPS_A_NAT).astype(np.int64) for side in amounts)
    margin = int(np.ceil(reach.log_ratio * _STEPS_A_NAT)) + 1
    places = last.labels * span + days[1][last.items] - begin
    known, ranks = np.unique(places, return_inverse=True)
    shelf = (ranks << _KEY_BITS) + levels[1][last.items]
    order = np.lexsort((last.items, shelf))
    shelf, shelved = shelf[order], last.items[order]
    wanted = np.lexsort((levels[0][first.items], days[0][first.items], first.labels))
    labels, items = first.labels[wanted], first.items[wanted]
    for lag in range(-reach.days_before, reach.days_after + 1):
        place = labels * span + days[0][items] + lag - begin
        rank = np.searchsorted(known, place)
        hit = np.flatnonzero(known[np.minimum(rank, len(known) - 1)] == place)
        base, level = rank[hit] << _KEY_BITS, levels[0][items[hit]]
        low = np.searchsorted(shelf, base + np.maximum(level - margin, 0))
        high = np.searchsorted(shelf, base + level + margin, side="right")
        lengths = high - low
        ours = np.repeat(items[hit], lengths)
        theirs = shelved[np.repeat(low - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())]
        yield ours * count + theirs


def _known(rows: LabelRows, common: Ints) -> LabelRows:
    """The rows whose label both sides have, labels numbered anew."""
    number = np.searchsorted(common, rows.labels)
    keep = common[np.minimum(number, len(common) - 1)] == rows.labels
    return LabelRows(number[keep], rows.items[keep])
