"""What a level of a signal is worth, from the probabilities of the pairs that have it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["LevelOdds", "Signal"]

_LEAN = 20.0
"""Pairs that a level needs before it counts as much as the wider level that it leans on."""

_LEAN_OVERALL = 2.0
"""The same for the wider levels, which lean on all pairs."""

_NEVER = 1e-9

_HOPELESS = 1e-18
"""Probability of a pair that counts for nothing beside any share, the least of which is `_NEVER`."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal.

    Attributes:
        levels: the level of each pair.
        parents: by level, the wider level that it leans on while few pairs have it.
    """

    name: str
    levels: npt.NDArray[np.int16] | npt.NDArray[np.int8]
    parents: Ints


class LevelOdds:
    """The odds of the levels of one signal; what does not change while they are learnt is counted once.

    A pair does not vouch for itself: in a level of its own it counts as the wider level does. Levels with few pairs lean on
    their parents, these on all. So a pair's share of true ones is that of its level less what the pair itself adds to it.
    """

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self._wider = int(signal.parents.max()) + 1
        pairs = np.bincount(signal.levels, minlength=len(signal.parents))
        above = np.bincount(signal.parents, pairs, self._wider)[signal.parents]
        # A level that no pair has is never asked for, whatever it is divided by.
        self._pairs = pairs - 1.0 + _LEAN
        self._lean = _LEAN / (above - 1.0 + _LEAN_OVERALL)
        self._own = (1.0 + self._lean) / self._pairs

    def of_pairs(self, probability: Floats) -> Floats:
        """For each pair, the odds of the other pairs of its level over those of any pair.

        Args:
            probability: of the pairs.
        """
        levels, parents = self._signal.levels, self._signal.parents
        overall = np.clip(probability.mean(), _NEVER, 1.0 - _NEVER)
        any_pair = overall / (1.0 - overall)
        # Most pairs are hopeless: they neither add to their level nor have anything of their own to be taken from it.
        hopeful = np.flatnonzero(probability > _HOPELESS)
        own, adds = levels[hopeful], probability[hopeful]
        true = np.bincount(own, adds, len(parents))
        above = np.bincount(parents, true, self._wider)[parents]
        shares = (true + self._lean * (above + _LEAN_OVERALL * overall)) / self._pairs
        found: Floats = (_odds(shares) / any_pair)[levels]
        found[hopeful] = _odds(shares[own] - self._own[own] * adds) / any_pair
        return found


def _odds(share: Floats) -> Floats:
    inside = np.clip(share, _NEVER, 1.0 - _NEVER)
    return inside / (1.0 - inside)
