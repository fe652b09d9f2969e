"""How crowded the surroundings of a pair are: among many items of like amount and day, being near says less."""

import numpy as np

from reconciler.probabilistic.pairs import Reach
from reconciler.probabilistic.signals import SideArrays
from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["lack_of_crowding"]

_ABOVE_ALL = 100.0
"""More than the logarithm of any amount, so that money in and money out are far apart on one scale."""


def lack_of_crowding(pairs: tuple[Ints, Ints], sides: tuple[SideArrays, SideArrays], reach: Reach) -> Floats:
    """Nats by which a pair's nearness says more than that of the average pair; both of its items count half."""
    total = np.zeros(len(pairs[0]))
    for numbers, own, other, before, after in (
        (pairs[0], *sides, reach.days_before, reach.days_after),
        (pairs[1], *sides[::-1], reach.days_after, reach.days_before),
    ):
        share = _share_within(_levels(own), _levels(other), reach.log_ratio, reach.log_ratio)
        share = share + _share_within(own.days, other.days, before, after)
        total -= 0.5 * share[numbers]
    lack: Floats = total - np.log(np.exp(total).mean())
    return lack


def _levels(side: SideArrays) -> Floats:
    magnitude = np.log(np.maximum(np.abs(side.amounts), 1)) + _ABOVE_ALL
    return np.where(side.amounts < 0, -magnitude, magnitude)


def _share_within(own: Floats | Ints, other: Floats | Ints, below: float, above: float) -> Floats:
    """Logarithm of the share of the other side that is near each value of this one."""
    ordered = np.sort(other)
    near = np.searchsorted(ordered, own + above, side="right") - np.searchsorted(ordered, own - below)
    return np.log((near + 1.0) / len(other))
