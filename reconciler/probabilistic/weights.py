"""What a level of a signal is worth, from the probabilities of the pairs that have it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["Hopeful", "LevelOdds", "Signal"]

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


@dataclass(frozen=True, slots=True)
class Hopeful:
    """The pairs that are not hopeless. Most are: they add nothing to their level and have nothing of their own to be taken from it.

    Attributes:
        pairs: which these are.
        probability: of each of them.
        overall: the mean of all pairs, with the hopeless ones.
    """

    pairs: Ints
    probability: Floats
    overall: float

    @classmethod
    def among(cls, probability: Floats) -> "Hopeful":
        """Those of all pairs, whose probabilities are given."""
        pairs = np.flatnonzero(probability > _HOPELESS)
        return cls(pairs, probability[pairs], float(probability.mean()))


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

    def of_pairs(self, told: "Hopeful") -> Floats:
        """For each pair, the odds of the other pairs of its level over those of any pair.

        Args:
            told: about the pairs.
        """
        levels, parents = self._signal.levels, self._signal.parents
        any_pair = float(_odds(told.overall))
        overall = np.clip(told.overall, _NEVER, 1.0 - _NEVER)
        own = levels[told.pairs]
        true = np.bincount(own, told.probability, len(parents))
        above = np.bincount(parents, true, self._wider)[parents]
        shares = (true + self._lean * (above + _LEAN_OVERALL * overall)) / self._pairs
        found: Floats = (_odds(shares) / any_pair)[levels]
        found[told.pairs] = _odds(shares[own] - self._own[own] * told.probability) / any_pair
        return found


def _odds(share: Floats | float) -> Floats:
    inside: Floats = np.clip(share, _NEVER, 1.0 - _NEVER)
    return inside / (1.0 - inside)
