"""What a level of a signal is worth, from the probabilities of the pairs that have it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["Signal", "level_weights"]

_LEAN = 20.0
"""Pairs that a level needs before it counts as much as the wider level that it leans on."""

_LEAN_OVERALL = 2.0
"""The same for the wider levels, which lean on all pairs."""

_NEVER = 1e-9


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


def level_weights(signal: Signal, probability: Floats) -> Floats:
    """For each pair, the log odds of the other pairs of its level against those of any pair.

    A pair does not vouch for itself: in a level of its own it counts as the wider level does. Levels with few pairs lean on
    their parents, these on all.
    """
    size, wider = len(signal.parents), int(signal.parents.max()) + 1
    overall = np.clip(probability.mean(), _NEVER, 1.0 - _NEVER)
    true, pairs = np.bincount(signal.levels, probability, size), np.bincount(signal.levels, minlength=size)
    above = np.bincount(signal.parents, true, wider), np.bincount(signal.parents, pairs, wider)
    parents = signal.parents[signal.levels]
    lean = above[0][parents] - probability + _LEAN_OVERALL * overall
    lean /= above[1][parents] - 1.0 + _LEAN_OVERALL
    share = true[signal.levels] - probability + _LEAN * lean
    share /= pairs[signal.levels] - 1.0 + _LEAN
    weights: Floats = _log_odds(share) - _log_odds(overall)
    return weights


def _log_odds(share: Floats | float) -> Floats:
    inside = np.clip(share, _NEVER, 1.0 - _NEVER)
    odds: Floats = np.log(inside / (1.0 - inside))
    return odds
