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
from reconciler.probabilistic.weights import Signal, level_weights

__all__ = ["Given", "Learnt", "learn"]

_ROUNDS = 16
_MESSAGES = 6
_LAST_MESSAGES = 40

_LARGEST = 18.0
"""Nats to which a score is limited, so that sums over rivals keep their precision."""

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
    score = start - np.log(len(left) / min(counts) + 1.0)
    for _ in range(_ROUNDS):
        probability = _probabilities(left, right, score, given, _MESSAGES)
        score = offset + _prior(left, right, probability, given)
        for signal in signals:
            score += level_weights(signal, probability)
    weights = tuple(level_weights(signal, probability).astype(np.float32) for signal in signals)
    return Learnt(weights, score, _probabilities(left, right, score, given, _LAST_MESSAGES))


def _probabilities(left: Ints, right: Ints, score: Floats, given: Given, rounds: int) -> Floats:
    odds = np.where(given.true | given.untrue, 0.0, np.exp(np.clip(score, -_LARGEST, _LARGEST)))
    return np.where(given.true, 1.0, pair_probabilities(left, right, odds, rounds))


def _prior(left: Ints, right: Ints, probability: Floats, given: Given) -> float:
    """Log odds of any pair against its two items being open, before any signal: how often the one is so for the other."""
    open_left, open_right = (np.maximum(1.0 - np.bincount(side, probability)[side], _OPEN_SHARE) for side in (left, right))
    open_both = open_left * open_right / np.maximum(1.0 - probability, _OPEN_SHARE)
    prior: float = np.log(np.maximum(probability.sum(), 1.0) / open_both[~given.untrue].sum())
    return prior
