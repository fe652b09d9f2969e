"""How likely a sum that fits is an accident, and what that leaves of a group's probability."""

import math
from collections.abc import Sequence

from reconciler.tolerance import MILLION
from reconciler.types import Item

__all__ = ["accidents", "accidents_of_sum", "probability_ppm"]

_ODDS_OF_LEFT_OVER = 0.2
"""What is left of the odds against a group of items that have no partner of their own.

On generated books (hard, seeds 1 to 10) 94 of 96 such groups, by a day, a cut reference or parts, were right that had a probability
of 0.5 to 0.9 before this was reckoned.
"""


def accidents(amounts: Sequence[int], chosen: Sequence[int], target: int, allowed: int) -> float:
    """Expected number of subsets that have the sum without belonging together.

    Sums of unrelated amounts are spread over a range as wide as the target, in steps of the unit that they are rounded to. Round
    amounts make round sums, so that those among themselves are counted apart, and the worse of both counts is taken. As many
    subsets count as a search of no more members, or of no fewer, would have looked at: that all candidates together, or
    all but one, make the sum says more than that some of them do. Of members that follow each other only such runs count.

    Args:
        amounts: of the candidates, minor units, in the order of the book.
        chosen: places of the members among them, ascending.
        target: the sum.
        allowed: how far the sum may be from the target.
    """
    unit = _unit(math.gcd(target, *(amounts[place] for place in chosen)))
    as_round = [place for place, amount in enumerate(amounts) if amount % unit == 0]
    return max(_among(one, amounts, chosen, target, allowed) for one in (range(len(amounts)), as_round))


def _among(places: Sequence[int], amounts: Sequence[int], chosen: Sequence[int], target: int, allowed: int) -> float:
    candidates, members = len(places), len(chosen)
    fewer = sum(math.comb(candidates, count) for count in range(min(2, members), members + 1))
    more = sum(math.comb(candidates, count) for count in range(candidates - members + 1))
    subsets = min(fewer, more)
    begin = places.index(chosen[0])
    if members > 1 and list(places[begin : begin + members]) == list(chosen):
        subsets = min(subsets, math.comb(candidates, 2))
    step = _unit(math.gcd(target, *(amounts[place] for place in places)))
    return subsets * min(1.0, (2 * allowed + step) / max(abs(target), step))


def accidents_of_sum(members: Sequence[Item], others: int) -> float:
    """Expected number of items, among `others` of the other side, that have the members' sum by accident."""
    target = sum(item.signed_minor for item in members)
    step = _unit(math.gcd(*(item.signed_minor for item in members)))
    return others * min(1.0, step / max(abs(target), step))


def probability_ppm(expected_accidents: float, odds_against: float, *, left_over: bool = False) -> int:
    """Probability in millionths that a group is none of the accidents.

    Args:
        expected_accidents: of its search.
        odds_against: how many times more often items that are tied like this are no group than that they are one.
        left_over: no single item was found for any of the members, which speaks for a group.
    """
    odds = odds_against * _ODDS_OF_LEFT_OVER if left_over else odds_against
    return int(MILLION / (1.0 + expected_accidents * odds))


def _unit(divisor: int) -> int:
    """What people round to: the largest power of ten that divides all amounts. That tenths of a sum share more is no accident."""
    unit = 1
    while divisor and divisor % (unit * 10) == 0:
        unit *= 10
    return unit
