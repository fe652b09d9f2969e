"""How probable each pair is when every item has at most one partner: sum-product messages over the graph of candidates.

Each pair has odds against both of its items staying open. A message says how free an item is when one pair is left out. On a
graph without cycles the probabilities are exact; with cycles the fixed point is unique and close. Rivals on either side lower a
pair's probability, so a margin over the runner-up is part of it.
"""

import numpy as np

from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["pair_probabilities"]


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
    lefts, rights = int(left.max()) + 1, int(right.max()) + 1
    free_left = last_left = np.ones_like(odds)
    free_right = last_right = np.ones_like(odds)
    for _ in range(rounds):
        last_left, last_right = free_left, free_right
        from_right, from_left = odds * last_right, odds * last_left
        at_left = np.bincount(left, from_right, lefts)[left]
        at_right = np.bincount(right, from_left, rights)[right]
        free_left = 1.0 / (1.0 + np.maximum(at_left - from_right, 0.0))
        free_right = 1.0 / (1.0 + np.maximum(at_right - from_left, 0.0))
    # Rounds bound the fixed point from above and below in turn. Among twins they close in on it slowly, their mean does at once.
    joint = odds * np.sqrt(free_left * last_left * free_right * last_right)
    return joint / (1.0 + joint)
