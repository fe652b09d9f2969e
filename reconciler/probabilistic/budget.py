"""Which of the chosen pairs are confirmed: as many as the accepted number of false ones allows, and none that a rival presses."""

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["confirmed"]

_MILLION = 1_000_000

_LEAST_MARGIN = 1.0
"""Nats by which a confirmed pair has to be ahead of the best candidate that shares an item with it."""


_WORST = 40
"""How many times the accepted share of false ones a single pair may have, however sure the others are."""

_PPM_OF_100K = 10


def confirmed(probability_ppm: Ints, margin: Floats, false_per_100k: int) -> npt.NDArray[np.bool_]:
    """Whether each pair is confirmed without a person.

    The most probable pairs are, as long as the false ones that their probabilities let expect stay within the budget.

    Args:
        probability_ppm: of the pairs, in millionths.
        margin: nats ahead of the best rival.
        false_per_100k: accepted false matches per 100,000 confirmed ones.
    """
    least = _MILLION - _WORST * false_per_100k * _PPM_OF_100K
    clear = (margin >= _LEAST_MARGIN) & (probability_ppm >= least)
    ordered = np.sort(probability_ppm[clear])[::-1]
    expected = np.cumsum(_MILLION - ordered)
    # False per confirmed, in millionths; whole numbers, so that the cut is the same on every machine.
    within = np.flatnonzero(expected <= np.arange(1, len(ordered) + 1) * false_per_100k * _PPM_OF_100K)
    if not len(within):
        return np.zeros(len(clear), dtype=bool)
    cut = ordered[within[-1]]
    # Equal probabilities go together, so that no order among them matters.
    divided = within[-1] + 1 < len(ordered) and ordered[within[-1] + 1] == cut
    sure: npt.NDArray[np.bool_] = clear & (probability_ppm > cut if divided else probability_ppm >= cut)
    return sure
