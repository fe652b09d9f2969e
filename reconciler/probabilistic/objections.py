"""Pairs that something speaks against: these need more than a likely pair does, however well the rest agrees."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from reconciler.probabilistic.learning import Learnt
from reconciler.probabilistic.signals import Levels
from reconciler.probabilistic.text_levels import shared_nats
from reconciler.probabilistic.texts import Floats, Ints
from reconciler.types import Item

__all__ = ["heeded", "without_contested"]

_MILLION = 1_000_000

_LITTLE = 3.0
"""Nats below which what two texts share is next to nothing: a first letter."""

_OBJECTION = -1.0
"""Nats from which that speaks against a pair. Where texts mostly say nothing, it is no objection that these say nothing."""

_LEAST_PPM = 990_000
"""Probability in millionths that such a pair needs.

What an equal amount is worth without words is learnt from pairs that are accidents in part, so that accidents vouch for each other.
"""


def without_contested(
    probabilities: Floats,
    pairs: tuple[Ints, Ints],
    items: tuple[Sequence[Item], Sequence[Item]],
    contested: AbstractSet[tuple[str, str]],
) -> Floats:
    """Probability of each pair, 0 for those that are not sure and of which a likely group would be broken.

    Args:
        probabilities: of the pairs.
        pairs: left and right items of the pairs.
        items: of both sides.
        contested: ids of left and right items that a group ties.
    """
    if not contested:
        return probabilities
    names = [np.array([item.id for item in side], dtype=object) for side in items]
    heard = probabilities.copy()
    for pair in np.flatnonzero((probabilities > 0.0) & (probabilities * _MILLION < _LEAST_PPM)).tolist():
        if (names[0][pairs[0][pair]], names[1][pairs[1][pair]]) in contested:
            heard[pair] = 0.0
    return heard


def heeded(learnt: Learnt, text: int, levels: Levels) -> Floats:
    """Probability of each pair, 0 for those that are not probable enough for having so little in common.

    Args:
        learnt: about the pairs.
        text: which of the signals is the text.
        levels: of the pairs.
    """
    objected = (learnt.weights[text] < _OBJECTION) & (shared_nats(levels.text) < _LITTLE)
    heard: Floats = np.where(objected & (learnt.probabilities * _MILLION < _LEAST_PPM), 0.0, learnt.probabilities)
    return heard
