"""Labels that make two items candidates for each other: how their texts begin, a rare word, or a rare amount."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.pairs import LabelRows, Reach
from reconciler.probabilistic.texts import Bools, Ints, TextTable

__all__ = ["LabelTable", "amount_labels", "text_labels"]

_COMMON_SHARE = 5
"""A word that more than one in five texts has says nothing by leading one: the next word leads."""

_CROWD = 64
"""A word or an amount that more items have, of those booked within reach of each other, is no label of its own there.

Counted around each item and not over the book: a book twice as long has no fewer candidates for each item.
"""

_LEADING_CROWD = 16_384
"""The same for the beginning of a text. Only in books that are far denser than a bank account."""


@dataclass(frozen=True, slots=True)
class LabelTable:
    """Labels of items, one row per item; -1 where an item has no further one. Equal numbers are equal labels in any column."""

    numbers: npt.NDArray[np.int32]

    def rows(self, items: Ints) -> LabelRows:
        """The labels of some items, which are named by their places in `items`."""
        numbers = self.numbers[items]
        places, columns = np.nonzero(numbers >= 0)
        return LabelRows(numbers[places, columns].astype(np.int64), places)


def text_labels(table: TextTable, amounts: Ints, days: Ints, reach: Reach) -> LabelTable:
    """Labels of all items by their texts, so that no two kinds of label meet, nor money in and money out.

    Args:
        table: texts of all items of both sides.
        amounts: signed minor units of the same items.
        days: ordinal days of the same items.
        reach: how far apart candidates may be.
    """
    found = [_uncrowded(_leads(table)[:, None], days, reach, _LEADING_CROWD)]
    found += [_uncrowded(part.numbers, days, reach, _CROWD) for part in table.parts]
    labels, offset = np.empty((len(amounts), sum(numbers.shape[1] for numbers in found)), dtype=np.int32), 0
    column = 0
    for numbers in found:
        width = numbers.shape[1]
        labels[:, column : column + width] = np.where(numbers >= 0, numbers + offset, -1)
        column += width
        offset += int(numbers.max(initial=-1)) + 1
    return _by_direction(labels, amounts)


def amount_labels(amounts: Ints, days: Ints, reach: Reach) -> LabelTable:
    """Labels of the items whose exact amount (signed minor units) few others have that are booked within reach."""
    _, ranks = np.unique(amounts, return_inverse=True)
    return _by_direction(_uncrowded(ranks.astype(np.int32)[:, None], days, reach, _CROWD), amounts)


def _by_direction(labels: npt.NDArray[np.int32], amounts: Ints) -> LabelTable:
    labels *= 2
    labels += (amounts < 0)[:, None]
    # What was -1, no label, is -2 or -1 now.
    return LabelTable(labels)


def _leads(table: TextTable) -> npt.NDArray[np.int32]:
    """The beginning of each text's first word that is not boilerplate; -1 without any word."""
    words, stems, _ = table.parts
    present = words.numbers >= 0
    counts = np.append(words.counts, 0)[words.numbers]
    telling = present & (counts * _COMMON_SHARE <= len(present))
    column = np.where(telling.any(axis=1), telling.argmax(axis=1), 0)
    leads: npt.NDArray[np.int32] = stems.numbers[np.arange(len(present)), column]
    return leads


def _uncrowded(labels: npt.NDArray[np.int32], days: Ints, reach: Reach, crowd: int) -> npt.NDArray[np.int32]:
    """The labels, one row per item, without those that more than `crowd` items have within reach of the item's day."""
    items, columns = np.nonzero(labels >= 0)
    around = max(reach.days_before, reach.days_after)
    # The gap between the days of two labels is wider than what is looked at.
    keys = labels[items, columns] * (int(days.max(initial=0)) + around + 1) + days[items]
    ordered = np.sort(keys)
    near = np.searchsorted(ordered, keys + around, side="right") - np.searchsorted(ordered, keys - around)
    crowded: Bools = near > crowd
    kept = labels.copy()
    kept[items[crowded], columns[crowded]] = -1
    return kept
