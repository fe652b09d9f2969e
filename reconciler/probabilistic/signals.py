"""Signals of candidate pairs, each as a level per pair: text, amount and day lag. Weights are learnt for the levels.

Ratios of amounts are floats because they are evidence; no amount is ever computed from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.pairs import Reach
from reconciler.probabilistic.texts import Bools, Floats, Ints, TextTable
from reconciler.probabilistic.weights import Signal

__all__ = ["Levels", "SideArrays", "levels_of", "shared_nats", "side_arrays", "signals_of", "starting_scores"]

_CHUNK = 1 << 17
"""Pairs whose texts are compared at once; bounds the memory of the comparison."""

_INFORMATION = np.array([*np.arange(0.5, 9.5, 0.5), 10.5, 12.0, 14.0, 16.0, 18.0, 20.0])
"""Edges in nats of what the shared part of two texts is worth by its rarity."""

_REST = np.array([0.0, 2.0])
"""Edges in nats of the rarest word that one text has and the other has not: none, a common one (a suffix of a bank), a rare one."""

_AHEAD = 1.0
"""Nats by which shared words have to be worth more than the shared beginning to be what carries a pair."""

_RATIOS = np.array([0.0, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1])
"""Edges of the absolute logarithm of the amounts' ratio; the first is equality."""

_RARE_AMOUNTS = np.array([3.0, 5.0, 7.0])
"""Edges in nats of how rare an amount is that both have: 100.00 says less than 104.45."""

_INFORMATION_LEVELS, _REST_LEVELS = len(_INFORMATION) + 1, len(_REST) + 1


@dataclass(frozen=True, slots=True)
class SideArrays:
    """One side of a book.

    Attributes:
        amounts: signed minor units.
        days: ordinal days.
        rows: where its items are in the text table.
        rarity: nats of how rare each item's exact amount is on both sides together.
    """

    amounts: Ints
    days: Ints
    rows: Ints
    rarity: Floats

    def part(self, items: slice) -> "SideArrays":
        """Some neighbouring items."""
        return SideArrays(self.amounts[items], self.days[items], self.rows[items], self.rarity[items])


@dataclass(frozen=True, slots=True)
class Levels:
    """The level of each pair by each signal; parallel arrays of few bytes a pair."""

    text: npt.NDArray[np.int16]
    amount: npt.NDArray[np.int8]
    date: npt.NDArray[np.int16]

    def __getitem__(self, pairs: Ints | Bools) -> "Levels":
        """The levels of some of the pairs."""
        return Levels(self.text[pairs], self.amount[pairs], self.date[pairs])

    @classmethod
    def joined(cls, parts: Sequence["Levels"]) -> "Levels":
        """The levels of several lists of pairs, one after the other."""
        return cls(
            np.concatenate([np.empty(0, dtype=np.int16), *(part.text for part in parts)]),
            np.concatenate([np.empty(0, dtype=np.int8), *(part.amount for part in parts)]),
            np.concatenate([np.empty(0, dtype=np.int16), *(part.date for part in parts)]),
        )


def side_arrays(amounts: Ints, days: Ints, left: int) -> tuple[SideArrays, SideArrays]:
    """Both sides from the arrays of all items, of which the first `left` are the left side."""
    _, ranks, counts = np.unique(amounts, return_inverse=True, return_counts=True)
    rarity = np.log(len(amounts) / counts)[ranks]
    rows = np.arange(len(amounts), dtype=np.int64)
    first, second = (SideArrays(amounts[part], days[part], rows[part], rarity[part]) for part in (slice(left), slice(left, None)))
    return first, second


def levels_of(
    left: Ints, right: Ints, by_amount: Bools, sides: tuple[SideArrays, SideArrays], table: TextTable, reach: Reach
) -> Levels:
    """Text, amount and date of the pairs (left[i], right[i]); `by_amount` says which are candidates by their amount alone."""
    first, second = sides
    lags = second.days[right] - first.days[left] + reach.days_before
    return Levels(
        _text_levels(first.rows[left], second.rows[right], table),
        _amount_levels(first.amounts[left], second.amounts[right], first.rarity[left], by_amount),
        lags.astype(np.int16),
    )


def signals_of(levels: Levels, reach: Reach) -> tuple[Signal, Signal, Signal]:
    """The signals that are learnt, from the levels of the pairs."""
    equal = 2 * (len(_RARE_AMOUNTS) + 1)
    return (
        Signal("text", levels.text, np.repeat(np.arange(4 * _INFORMATION_LEVELS), _REST_LEVELS**2)),
        Signal("amount", levels.amount, np.zeros(2 * len(_RATIOS) + equal, dtype=np.int64)),
        Signal("date", levels.date, _weeks(reach)),
    )


def _weeks(reach: Reach) -> Ints:
    """By day of lag, the week that it leans on, counted from the same day in both directions."""
    lag = np.arange(-reach.days_before, reach.days_after + 1)
    weeks: Ints = np.sign(lag) * ((np.abs(lag) + 6) // 7)
    weeks -= weeks.min()
    return weeks


def starting_scores(levels: Levels, reach: Reach) -> Floats:
    """A first guess in nats, from which learning starts: rarity of what is shared, an equal amount, a short lag."""
    shared = shared_nats(levels)
    rests = levels.text % _REST_LEVELS**2
    equal = levels.amount >= 2 * len(_RATIOS)
    lag = np.abs(levels.date - reach.days_before)
    start: Floats = shared - 1.5 * (rests // _REST_LEVELS + rests % _REST_LEVELS) + 3.0 * equal - 0.1 * lag
    return start


def shared_nats(levels: Levels) -> Floats:
    """What the shared part of each pair's texts is worth at least by its rarity, in nats."""
    nats: Floats = np.append(0.0, _INFORMATION)[levels.text // _REST_LEVELS**2 % _INFORMATION_LEVELS]
    return nats


def _text_levels(left: Ints, right: Ints, table: TextTable) -> npt.NDArray[np.int16]:
    levels = np.empty(len(left), dtype=np.int16)
    for begin in range(0, len(left), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        levels[part] = _compare_texts(left[part], right[part], table)
    return levels


def _compare_texts(left: Ints, right: Ints, table: TextTable) -> Ints:
    """Equal, one the beginning of the other, a shared beginning, or shared words; what that is worth; and what is left over."""
    lengths = table.lengths[left], table.lengths[right]
    shorter, longer = np.minimum(*lengths), np.maximum(*lengths)
    differs = table.characters[left] != table.characters[right]
    common = np.where(differs.any(axis=1), np.minimum(differs.argmax(axis=1), shorter), shorter)
    beginning = table.beginning[left, common].astype(np.float64)
    words, ours, theirs = _compare_words(left, right, common, table)
    state = np.where(common == longer, 0, np.where(common == shorter, 1, np.where(beginning + _AHEAD >= words, 2, 3)))
    information = np.searchsorted(_INFORMATION, np.maximum(beginning, words))
    rest = np.searchsorted(_REST, ours) * _REST_LEVELS + np.searchsorted(_REST, theirs)
    return (state * _INFORMATION_LEVELS + information) * _REST_LEVELS**2 + rest


def _compare_words(left: Ints, right: Ints, common: Ints, table: TextTable) -> tuple[Floats, Floats, Floats]:
    """Rarity of the shared words, and of the rarest one that begins after the shared beginning and only left or right has."""
    ours, theirs = np.zeros((2, len(left), table.starts.shape[1]))
    for part in table.parts:
        first, second = part.numbers[left], part.numbers[right]
        rarity = np.append(part.rarity, 0.0)
        equal = (first[:, :, None] == second[:, None, :]) & (first >= 0)[:, :, None]
        ours = np.maximum(ours, np.where(equal.any(axis=2), rarity[first], 0.0))
        theirs = np.maximum(theirs, np.where(equal.any(axis=1), rarity[second], 0.0))
    word = table.parts[0]
    rarity = np.append(word.rarity, 0.0)
    rests = [
        np.where((shared == 0.0) & (table.starts[rows] >= common[:, None]), rarity[word.numbers[rows]], 0.0).max(axis=1)
        for shared, rows in ((ours, left), (theirs, right))
    ]
    return np.minimum(ours.sum(axis=1), theirs.sum(axis=1)), rests[0], rests[1]


def _amount_levels(left: Ints, right: Ints, rarity: Floats, by_amount: Bools) -> npt.NDArray[np.int8]:
    """Bands of the ratio, less and more apart, and equality by how rare the amount is.

    What is a candidate by an equal amount alone has levels of its own: there, equality was looked for and says nothing more.
    """
    bands = len(_RATIOS)
    ratio = np.log(np.maximum(np.abs(right), 1) / np.maximum(np.abs(left), 1))
    band = np.maximum(np.searchsorted(_RATIOS, np.abs(ratio)) - 1, 0)
    equal = 2 * bands + np.searchsorted(_RARE_AMOUNTS, rarity) + (len(_RARE_AMOUNTS) + 1) * by_amount
    levels = np.where(left == right, equal, np.where(ratio < 0, band, bands + band))
    return levels.astype(np.int8)
