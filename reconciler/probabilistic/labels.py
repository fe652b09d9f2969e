"""Labels that make two items candidates for each other: how their texts begin, a rare word, or a rare amount."""

import numpy as np

from reconciler.probabilistic.pairs import LabelRows
from reconciler.probabilistic.texts import Ints, Parts, TextTable

__all__ = ["amount_labels", "split_rows", "text_labels"]

_COMMON_SHARE = 5
"""A word that more than one in five texts has says nothing by leading one: the next word leads."""

_CROWD = 64
"""A word or an amount that more items have is no label of its own."""


def text_labels(table: TextTable, amounts: Ints) -> LabelRows:
    """Labels of all items by their texts, so that no two kinds of label meet, nor money in and money out.

    Args:
        table: texts of all items of both sides.
        amounts: signed minor units of the same items.
    """
    labels, items, offset = [], [], 0
    for numbers, rows in (_leads(table), *map(_rare, table.parts)):
        labels.append(numbers + offset)
        items.append(rows)
        offset += int(numbers.max(initial=-1)) + 1
    return _by_direction(np.concatenate(labels), np.concatenate(items), amounts)


def amount_labels(amounts: Ints) -> LabelRows:
    """Labels of the items whose exact amount (signed minor units) few others have."""
    _, ranks, counts = np.unique(amounts, return_inverse=True, return_counts=True)
    items = np.flatnonzero(counts[ranks] <= _CROWD)
    return _by_direction(ranks[items], items, amounts)


def _by_direction(labels: Ints, items: Ints, amounts: Ints) -> LabelRows:
    return LabelRows(labels * 2 + (amounts[items] < 0), items)


def split_rows(rows: LabelRows, first: int) -> tuple[LabelRows, LabelRows]:
    """The rows of the `first` items, and those of the others with items numbered from 0."""
    ours = rows.items < first
    return LabelRows(rows.labels[ours], rows.items[ours]), LabelRows(rows.labels[~ours], rows.items[~ours] - first)


def _leads(table: TextTable) -> tuple[Ints, Ints]:
    """The beginning of each text's first word that is not boilerplate."""
    words, stems, _ = table.parts
    present = words.numbers >= 0
    counts = np.append(words.counts, 0)[words.numbers]
    telling = present & (counts * _COMMON_SHARE <= len(present))
    items = np.flatnonzero(present[:, 0])
    column = np.where(telling.any(axis=1), telling.argmax(axis=1), 0)[items]
    return stems.numbers[items, column].astype(np.int64), items


def _rare(part: Parts) -> tuple[Ints, Ints]:
    items, columns = np.nonzero(np.append(part.counts, _CROWD + 1)[part.numbers] <= _CROWD)
    return part.numbers[items, columns].astype(np.int64), items
