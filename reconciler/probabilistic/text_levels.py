"""Levels of pairs by their texts: how these agree, what the shared part is worth by its rarity, and what is left over.

Pairs are the long axis of every array here and the words of a text the short one, which is looped over.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.texts import Bools, Floats, Ints, Parts, TextTable

__all__ = ["LEVEL_PARENTS", "left_over", "shared_nats", "text_levels"]

_CHUNK = 1 << 14
"""Pairs whose texts are compared at once, so that what is worked on stays in the processor's cache."""

_INFORMATION = np.array([*np.arange(0.5, 9.5, 0.5), 10.5, 12.0, 14.0, 16.0, 18.0, 20.0])
"""Edges in nats of what the shared part of two texts is worth by its rarity."""

_REST = np.array([0.0, 2.0])
"""Edges in nats of the rarest word that one text has and the other has not: none, a common one (a suffix of a bank), a rare one."""

_AHEAD = 1.0
"""Nats by which shared words have to be worth more than the shared beginning to be what carries a pair."""

_EQUAL, _BEGINS, _SHARED_BEGINNING, _SHARED_WORDS = range(4)
"""States of two texts: equal, one the beginning of the other, a shared beginning, or shared words."""

_INFORMATION_LEVELS, _REST_LEVELS = len(_INFORMATION) + 1, len(_REST) + 1

LEVEL_PARENTS = np.repeat(np.arange(4 * _INFORMATION_LEVELS), _REST_LEVELS**2)
"""By level, the wider one without what is left over."""


_Numbers = npt.NDArray[np.signedinteger[Any]]


def text_levels(left: Ints, right: Ints, table: TextTable) -> npt.NDArray[np.int16]:
    """The level of each pair of rows of the table."""
    levels = np.empty(len(left), dtype=np.int16)
    for begin in range(0, len(left), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        levels[part] = _compare(left[part], right[part], table)
    return levels


def shared_nats(levels: npt.NDArray[np.int16]) -> Floats:
    """What the shared part of each pair's texts is worth at least by its rarity, in nats."""
    nats: Floats = np.append(0.0, _INFORMATION)[levels // _REST_LEVELS**2 % _INFORMATION_LEVELS]
    return nats


def left_over(levels: npt.NDArray[np.int16]) -> Ints:
    """How rare the words are that only one text of each pair has, added up for both: 0 for none to 4."""
    rests = levels % _REST_LEVELS**2
    return rests // _REST_LEVELS + rests % _REST_LEVELS


def _compare(left: Ints, right: Ints, table: TextTable) -> Ints:
    common = _shared_beginning(left, right, table)
    lengths = table.lengths[left], table.lengths[right]
    beginning = table.beginning[left, common].astype(np.float64)
    words, ours, theirs = _compare_words(left, right, common, table)
    state = np.where(beginning + _AHEAD >= words, _SHARED_BEGINNING, _SHARED_WORDS)
    state[common == np.minimum(*lengths)] = _BEGINS
    state[common == np.maximum(*lengths)] = _EQUAL
    information = np.searchsorted(_INFORMATION, np.maximum(beginning, words))
    rest = np.searchsorted(_REST, ours) * _REST_LEVELS + np.searchsorted(_REST, theirs)
    return (state * _INFORMATION_LEVELS + information) * _REST_LEVELS**2 + rest


def _shared_beginning(left: Ints, right: Ints, table: TextTable) -> Ints:
    """Bytes that the texts of each pair have in common from their start."""
    common = np.minimum(table.lengths[left], table.lengths[right])
    apart = np.ascontiguousarray((table.blocks[left] ^ table.blocks[right]).T)
    # The last block first, so that the first difference is what is left in the end.
    for number, bits in reversed(list(enumerate(apart))):
        equal_bits = np.bitwise_count((bits & (~bits + np.uint64(1))) - np.uint64(1))
        common = np.where(bits != 0, np.minimum(common, number * table.blocks.itemsize + (equal_bits >> 3)), common)
    return common


def _compare_words(left: Ints, right: Ints, common: Ints, table: TextTable) -> tuple[Floats, Floats, Floats]:
    """Rarity of the shared words, and of the rarest one that begins after the shared beginning and only left or right has."""
    ours, theirs = np.zeros((2, table.starts.shape[1], len(left)))
    for part in table.parts:
        first, second = _columns(part.numbers[left]), _columns(part.numbers[right])
        for worth, numbers, found in zip((ours, theirs), (first, second), _in_both(first, second), strict=True):
            np.maximum(worth, _rarities(part, numbers, found), out=worth)
    rests = [
        _rarities(table.parts[0], _columns(table.parts[0].numbers[rows]), (worth == 0.0) & (_columns(table.starts[rows]) >= common))
        for rows, worth in ((left, ours), (right, theirs))
    ]
    return np.minimum(ours.sum(axis=0), theirs.sum(axis=0)), rests[0].max(axis=0), rests[1].max(axis=0)


def _columns(rows: _Numbers) -> _Numbers:
    """The words of each pair, the first words of all pairs first."""
    return np.ascontiguousarray(rows.T)


def _in_both(first: _Numbers, second: _Numbers) -> tuple[Bools, Bools]:
    """Which of the words of either text are in the other; where both have none, that is worth nothing."""
    ours, theirs = np.empty(first.shape, dtype=bool), np.zeros(second.shape, dtype=bool)
    for place, words in enumerate(first):
        equal = second == words
        equal.any(axis=0, out=ours[place])
        theirs |= equal
    return ours, theirs


def _rarities(part: Parts, numbers: _Numbers, wanted: Bools) -> Floats:
    """Rarity of the wanted words, 0 for the others."""
    found: Floats = np.append(part.rarity, 0.0)[np.where(wanted, numbers, -1)]
    return found
