"""Labels that make two items candidates for each other: how their texts begin, a rare word, or a rare amount."""

import numpy as np

from reconciler.probabilistic.pairs import LabelRows
from reconciler.probabilistic.texts import Ints, TextTable

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
    (leads, leading), (words, having) = _leads(table), _rare_words(table)
    labels = np.concatenate([leads, words + leads.max(initial=-1) + 1])
    return _by_direction(labels, np.concatenate([leading, having]), amounts)


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
    present = table.words >= 0
    counts = np.where(present, table.word_counts[table.words] if len(table.word_counts) else 0, 0)
    telling = present & (counts * _COMMON_SHARE <= len(table.words))
    items = np.flatnonzero(present[:, 0])
    column = np.where(telling.any(axis=1), telling.argmax(axis=1), 0)[items]
    return table.word_stems[table.words[items, column]], items


def _rare_words(table: TextTable) -> tuple[Ints, Ints]:
    items, columns = np.nonzero(table.words >= 0)
    words = table.words[items, columns].astype(np.int64)
    rare = table.word_counts[words] <= _CROWD
    return words[rare], items[rare]
