"""How likely a sum that fits is an accident, and what that leaves of a group's probability."""

import math
from collections.abc import Sequence

from reconciler.tolerance import MILLION
from reconciler.types import Item

__all__ = ["accidents", "accidents_of_sum", "probability_ppm"]


def accidents(amounts: Sequence[int], chosen: Sequence[int], target: int, allowed: int) -> float:
    """Expected number of subsets that have the sum without belonging together.

    Sums of unrelated amounts are spread over a range as wide as the target, in steps of the unit that they are rounded to. Round
    amounts make round sums, so that those among themselves are counted apart, and the worse of both counts is taken. As many
    subsets count as a search of no more members, or of no fewer, would have looked at: that all candidates together, or
    all but one, make the sum says more than that some of them do.

    Args:
        amounts: of the candidates, minor units.
        chosen: the amounts of the members, some of `amounts`.
        target: the sum.
        allowed: how far the sum may be from the target.
    """
    unit = _unit(math.gcd(target, *chosen))
    as_round = [amount for amount in amounts if amount % unit == 0]
    return max(_among(len(one), len(chosen), target, _unit(math.gcd(target, *one)), allowed) for one in (amounts, as_round))


def _among(candidates: int, members: int, target: int, step: int, allowed: int) -> float:
    fewer = sum(math.comb(candidates, count) for count in range(min(2, members), members + 1))
    more = sum(math.comb(candidates, count) for count in range(candidates - members + 1))
    return min(fewer, more) * min(1.0, (2 * allowed + step) / max(abs(target), step))


def accidents_of_sum(members: Sequence[Item], others: int) -> float:
    """Expected number of items, among `others` of the other side, that have the members' sum by accident."""
    target = sum(item.signed_minor for item in members)
    step = _unit(math.gcd(*(item.signed_minor for item in members)))
    return others * min(1.0, step / max(abs(target), step))


def probability_ppm(expected_accidents: float, odds_against: float) -> int:
    """Probability in millionths that a group is none of the accidents.

    Args:
        expected_accidents: of its search.
        odds_against: how many times more often items that are tied like this are no group than that they are one.
    """
    return int(MILLION / (1.0 + expected_accidents * odds_against))


def _unit(divisor: int) -> int:
    """What people round to: the largest power of ten that divides all amounts. That tenths of a sum share more is no accident."""
    unit = 1
    while divisor and divisor % (unit * 10) == 0:
        unit *= 10
    return unit
