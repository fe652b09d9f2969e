"""How probable each pair is when every item has at most one partner: sum-product messages over the graph of candidates.

Each pair has odds against both of its items staying open. A message says how free an item is when one pair is left out. On a
graph without cycles the probabilities are exact; with cycles the fixed point is unique and close. Rivals on either side lower a
pair's probability, so a margin over the runner-up is part of it.
"""

import numpy as np

from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["pair_probabilities"]

_FAINT = 2e-8
"""Odds up to which a pair counts as faint: most candidates are hopeless, and their rivals hardly notice them."""


class _Messages:
    """Messages along some pairs: how free either item of a pair is, that pair left out.

    Attributes:
        others: by item of either side, what further pairs add to the odds that it is taken.
    """

    def __init__(self, ends: tuple[Ints, Ints], odds: Floats, others: tuple[Floats, Floats]) -> None:
        self._ends = ends
        self._odds = odds
        self.others = others
        self._free = self._last_free = np.ones_like(odds), np.ones_like(odds)
        self._taken = self._last_taken = np.zeros_like(others[0]), np.zeros_like(others[1])

    def send(self) -> None:
        """One round."""
        self._last_free, self._last_taken = self._free, self._taken
        (free_left, taken_left), (free_right, taken_right) = self._sent(0), self._sent(1)
        self._free, self._taken = (free_left, free_right), (taken_left, taken_right)

    def joint_odds(self) -> Floats:
        """Odds of each pair, its rivals taken into account.

        Rounds bound the fixed point from above and below in turn. Among twins they close in on it slowly, their mean does at once.
        """
        joint: Floats = self._odds * np.sqrt(self._free[0] * self._last_free[0] * self._free[1] * self._last_free[1])
        return joint

    def free_items(self, side: int) -> Floats:
        """How free each item of a side is, in the mean of the last two rounds."""
        free: Floats = 1.0 / np.sqrt((1.0 + self._taken[side]) * (1.0 + self._last_taken[side]))
        return free

    def _sent(self, side: int) -> tuple[Floats, Floats]:
        """What the pairs hear about their items of a side, and the odds that these items are taken."""
        items = self._ends[side]
        own = self._odds * self._last_free[1 - side]
        taken = self.others[side] + np.bincount(items, own, len(self.others[side]))
        heard: Floats = taken[items]
        heard -= own
        np.maximum(heard, 0.0, out=heard)
        heard += 1.0
        return np.reciprocal(heard, out=heard), taken


def pair_probabilities(left: Ints, right: Ints, odds: Floats, rounds: int) -> Floats:
    """Probability of each pair.

    Args:
        left: item number of each pair on the left.
        right: item number of each pair on the right.
        odds: of the pair being true against both items being open.
        rounds: of message passing; a fixed number, so that the same pairs get the same probabilities.
    """
    if not len(odds):
        return odds
    counts = int(left.max()) + 1, int(right.max()) + 1
    loud, faint = np.flatnonzero(odds > _FAINT), np.flatnonzero(odds <= _FAINT)
    beside, slight = (left[faint], right[faint]), odds[faint]
    messages = _Messages((left[loud], right[loud]), odds[loud], _sums(beside, (slight, slight), counts))
    messages.send()
    # What faint pairs say is said again when it is known how free their items are, and then left at that.
    heard = [slight * messages.free_items(side)[items] for side, items in enumerate(beside)]
    messages.others = _sums(beside, (heard[1], heard[0]), counts)
    for _ in range(rounds - 1):
        messages.send()
    slight *= messages.free_items(0)[beside[0]]
    slight *= messages.free_items(1)[beside[1]]
    joint = np.empty_like(odds)
    joint[loud], joint[faint] = messages.joint_odds(), slight
    return joint / (1.0 + joint)


def _sums(ends: tuple[Ints, Ints], odds: tuple[Floats, Floats], counts: tuple[int, int]) -> tuple[Floats, Floats]:
    """By item of the left and of the right side, the sum over its pairs."""
    left, right = (np.asarray(np.bincount(*one), dtype=np.float64) for one in zip(ends, odds, counts, strict=True))
    return left, right
