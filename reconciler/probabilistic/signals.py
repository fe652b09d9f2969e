"""Signals of candidate pairs, each as a level per pair: text, amount and day lag. Weights are learnt for the levels.

Ratios of amounts are floats because they are evidence; no amount is ever computed from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.pairs import Reach
from reconciler.probabilistic.text_levels import LEVEL_PARENTS, left_over, shared_nats, text_levels
from reconciler.probabilistic.texts import Bools, Floats, Ints, TextTable
from reconciler.probabilistic.weights import Signal

__all__ = ["Levels", "SideArrays", "levels_of", "side_arrays", "signals_of", "starting_scores"]

_RATIOS = np.array([0.0, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1])
"""Edges of the absolute logarithm of the amounts' ratio; the first is equality."""

_RARE_AMOUNTS = np.array([3.0, 5.0, 7.0])
"""Edges in nats of how rare an amount is that both have: 100.00 says less than 104.45."""


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
        text_levels(first.rows[left], second.rows[right], table),
        _amount_levels(first.amounts[left], second.amounts[right], first.rarity[left], by_amount),
        lags.astype(np.int16),
    )


def signals_of(levels: Levels, reach: Reach) -> tuple[Signal, Signal, Signal]:
    """The signals that are learnt, from the levels of the pairs."""
    equal = 2 * (len(_RARE_AMOUNTS) + 1)
    return (
        Signal("text", levels.text, LEVEL_PARENTS),
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
    equal = levels.amount >= 2 * len(_RATIOS)
    lag = np.abs(levels.date - reach.days_before)
    start: Floats = shared_nats(levels.text) - 1.5 * left_over(levels.text) + 3.0 * equal - 0.1 * lag
    return start


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
