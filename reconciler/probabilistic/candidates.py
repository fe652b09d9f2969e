"""Candidate pairs of a book with the levels of their signals, found slice by slice so that memory is bounded by the items.

A book that is so dense that its pairs would not fit into memory keeps, for each item of either side, as many of its best ones as
do fit, by the first guess of what the signals are worth. Every other book keeps all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reconciler.probabilistic.labels import LabelTable
from reconciler.probabilistic.pairs import Reach, candidate_pairs, distinct
from reconciler.probabilistic.signals import Levels, SideArrays, levels_of, starting_scores
from reconciler.probabilistic.texts import Bools, Floats, Ints, TextTable

__all__ = ["Candidates", "Finder"]

_SLICE = 1 << 14
"""Items of one side whose candidates are looked for at once."""

_ALL = 1 << 20
"""More candidates than an item keeps in any book."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate pairs, sorted; parallel arrays.

    Attributes:
        left: left item.
        right: right item.
        by_amount: whether the pair is a candidate by its amount alone.
        levels: of the signals.
    """

    left: Ints
    right: Ints
    by_amount: Bools
    levels: Levels

    def __getitem__(self, pairs: Ints | Bools) -> "Candidates":
        """Some of the pairs."""
        return Candidates(self.left[pairs], self.right[pairs], self.by_amount[pairs], self.levels[pairs])


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the candidates of two sides whose items are sorted by day.

    Attributes:
        sides: the items; the right ones follow the left ones in all tables.
        labels: by text and by amount.
        table: texts.
        reach: how far apart candidates may be.
        most_pairs: candidates of the items of one side that are kept; a pair takes about 130 bytes while weights are learnt.
    """

    sides: tuple[SideArrays, SideArrays]
    labels: tuple[LabelTable, LabelTable]
    table: TextTable
    reach: Reach
    most_pairs: int

    def find(self) -> Candidates:
        """The candidates of the book."""
        by_left, most = self._kept(0, _ALL)
        if most == _ALL:
            return by_left
        by_right, most = self._kept(1, most)
        return self._united(self._pruned(by_left, 0, most), by_right)

    def _kept(self, side: int, most: int) -> tuple[Candidates, int]:
        """The best `most` candidates of each item of a side, or fewer, so that all fit; and how many that are."""
        found: list[Candidates] = []
        count = 0
        for part in self._slices(side):
            found.append(self._pruned(part, side, most))
            count += len(found[-1].left)
            while count > self.most_pairs and most > 1:
                # The best few are among the best many, so that it does not matter when there were too many.
                most //= 2
                found = [self._pruned(one, side, most) for one in found]
                count = sum(len(one.left) for one in found)
        return _joined(found), most

    def _pruned(self, part: Candidates, side: int, most: int) -> Candidates:
        items = part.right if side else part.left
        if not len(items) or np.bincount(items).max() <= most:
            return part
        return part[_best(items, starting_scores(part.levels, self.reach), most)]

    def _slices(self, side: int) -> Iterator[Candidates]:
        """All candidates of the items of one side, some items at a time."""
        own, other = self.sides[side], self.sides[1 - side]
        before, after = self.reach.days_before, self.reach.days_after
        if side:
            before, after = after, before
        for begin in range(0, len(own.days), _SLICE):
            days = own.days[begin : begin + _SLICE]
            first, last = np.searchsorted(other.days, days[0] - before), np.searchsorted(other.days, days[-1] + after, side="right")
            own_part, other_part = slice(begin, begin + len(days)), slice(int(first), int(last))
            yield self._candidates((other_part, own_part) if side else (own_part, other_part))

    def _candidates(self, parts: tuple[slice, slice]) -> Candidates:
        """All candidates between some left and some right items."""
        left, right = (side.part(part) for side, part in zip(self.sides, parts, strict=True))
        days, amounts = (left.days, right.days), (np.abs(left.amounts), np.abs(right.amounts))
        width = max(len(right.days), 1)
        by_text, by_amount = (
            candidate_pairs(labels.rows(left.rows), labels.rows(right.rows), days, amounts, self.reach) for labels in self.labels
        )
        text_keys, amount_keys = (one * width + other for one, other in (by_text, by_amount))
        keys = distinct(np.concatenate([text_keys, amount_keys]))
        lefts, rights, alone = keys // width, keys % width, ~_among(keys, text_keys)
        levels = levels_of(lefts, rights, alone, (left, right), self.table, self.reach)
        return Candidates(lefts + parts[0].start, rights + parts[1].start, alone, levels)

    def _united(self, one: Candidates, other: Candidates) -> Candidates:
        whole = _joined([one, other])
        _, places = np.unique(whole.left * len(self.sides[1].days) + whole.right, return_index=True)
        return whole[places]


def _among(keys: Ints, others: Ints) -> Bools:
    """Which of the keys are among the others; both are sorted and distinct, and all others are among the keys."""
    found = np.zeros(len(keys), dtype=bool)
    found[np.searchsorted(keys, others)] = True
    return found


def _joined(parts: list[Candidates]) -> Candidates:
    return Candidates(
        np.concatenate([np.empty(0, dtype=np.int64), *(part.left for part in parts)]),
        np.concatenate([np.empty(0, dtype=np.int64), *(part.right for part in parts)]),
        np.concatenate([np.empty(0, dtype=bool), *(part.by_amount for part in parts)]),
        Levels.joined([part.levels for part in parts]),
    )


def _best(items: Ints, scores: Floats, most: int) -> Bools:
    """Which pairs are among the best of their item; of equal ones the first."""
    order = np.lexsort((-scores, items))
    owners = items[order]
    kept = np.empty(len(items), dtype=bool)
    kept[order] = np.arange(len(order)) - np.searchsorted(owners, owners) < most
    return kept
