"""Weights of the signals, learnt from the book itself without labels, when every item has one partner at most.

Expectation maximisation: the probabilities of the pairs, with rivals taken into account, give the weights of the levels, and these
give new probabilities. Numbers of rounds are fixed, so that the same set of records gives the same weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.marginals import pair_probabilities
from reconciler.probabilistic.texts import Bools, Floats, Ints
from reconciler.probabilistic.weights import Hopeful, LevelOdds, Signal

__all__ = ["Given", "Learnt", "learn"]

_ROUNDS = 16
_MESSAGES = 6
_LAST_MESSAGES = 40

_LARGEST_ODDS = np.exp(18.0)
"""To which the odds of a pair are limited, and those against it, so that sums over rivals keep their precision."""

_OPEN_SHARE = 0.002
"""Least probability of an item to be open, even if all seem to have a partner."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt about the pairs.

    Attributes:
        weights: nats of each pair, in the order of the signals.
        scores: nats for each pair against both items staying open.
        probabilities: of each pair, with its rivals on either side taken into account.
    """

    weights: tuple[npt.NDArray[np.float32], ...]
    scores: Floats
    probabilities: Floats


@dataclass(frozen=True, slots=True)
class Given:
    """Pairs that are decided already, by stronger evidence: those that are true, and their rivals, which are not."""

    true: Bools
    untrue: Bools


def learn(
    left: Ints, right: Ints, signals: Sequence[Signal], start: Floats, offset: Floats, counts: tuple[int, int], given: Given
) -> Learnt:
    """Learn the weights from the pairs themselves.

    Args:
        left: left item of each pair.
        right: right item of each pair.
        signals: levels of the pairs.
        start: scores in nats to begin with, before the prior.
        offset: nats that are added to each pair's score and not learnt.
        counts: how many items each side has, with and without candidates.
        given: what is decided already; weights are learnt from it too.
    """
    levels = [LevelOdds(signal) for signal in signals]
    surroundings = np.exp(offset)
    # Odds are multiplied where scores would be added up: of every pair in every round, one logarithm less for each signal.
    odds = np.exp(start) / (len(left) / min(counts) + 1.0)
    for _ in range(_ROUNDS - 1):
        hopeful = Hopeful.among(_probabilities(left, right, odds, given, _MESSAGES))
        odds = surroundings * _prior_odds(left, right, hopeful, counts, given)
        for one in levels:
            odds *= one.of_pairs(hopeful)
    hopeful = Hopeful.among(_probabilities(left, right, odds, given, _MESSAGES))
    weights = [np.log(one.of_pairs(hopeful)) for one in levels]
    score = offset + np.log(_prior_odds(left, right, hopeful, counts, given))
    for weight in weights:
        score += weight
    told = tuple(weight.astype(np.float32) for weight in weights)
    return Learnt(told, score, _probabilities(left, right, np.exp(score), given, _LAST_MESSAGES))


def _probabilities(left: Ints, right: Ints, odds: Floats, given: Given, rounds: int) -> Floats:
    limited = np.clip(odds, 1.0 / _LARGEST_ODDS, _LARGEST_ODDS)
    limited[given.true | given.untrue] = 0.0
    probabilities = pair_probabilities(left, right, limited, rounds)
    probabilities[given.true] = 1.0
    return probabilities


def _prior_odds(left: Ints, right: Ints, hopeful: Hopeful, counts: tuple[int, int], given: Given) -> float:
    """Odds of any pair against its two items being open, before any signal: how often the one is so for the other."""
    open_left, open_right = (
        np.maximum(1.0 - np.bincount(side[hopeful.pairs], hopeful.probability, count), _OPEN_SHARE)
        for side, count in zip((left, right), counts, strict=True)
    )
    open_both = open_left[left]
    open_both *= open_right[right]
    # A pair does not speak against its own items being open.
    open_both[hopeful.pairs] /= np.maximum(1.0 - hopeful.probability, _OPEN_SHARE)
    prior: float = np.maximum(hopeful.probability.sum(), 1.0) / open_both.sum(where=~given.untrue)
    return prior
