"""Exact search for subsets of a given sum, by meeting in the middle. Amounts are signed minor units."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Search", "search_subsets"]

_MOST_SOLUTIONS = 4
"""More are not told apart: what is not unique is not decided."""

Partial = tuple[int, int]
"""A sum, and which amounts make it, one bit each."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        solutions: places of the amounts of each subset, sorted; a few if there are many.
        complete: False when the budget ended first: then nothing is known about the subsets that were not looked at.
    """

    solutions: Sequence[tuple[int, ...]]
    complete: bool


def search_subsets(amounts: Sequence[int], target: int, *, allowed: int, most: int, steps: int, least: int = 2) -> Search:
    """Subsets of at least `least` amounts whose sum is at most `allowed` from the target.

    Args:
        amounts: of the candidates.
        target: the sum that is looked for.
        allowed: how far the sum may be from it, not below 0.
        most: amounts in a subset.
        steps: partial sums that may be formed. A search that needs more is not begun.
        least: amounts in a subset, too.
    """
    one_way = all(amount > 0 for amount in amounts) or all(amount < 0 for amount in amounts)
    places = [place for place, amount in enumerate(amounts) if not one_way or abs(amount) <= abs(target) + allowed]
    if len(places) < least or _hopeless([amounts[place] for place in places], target, allowed, one_way=one_way):
        return Search((), complete=True)
    middle = len(places) // 2
    if (1 << middle) + (1 << (len(places) - middle)) > steps:
        return Search((), complete=False)
    bound = abs(target) + allowed if one_way else None
    first = _sums(amounts, places[:middle], bound)
    second = sorted(_sums(amounts, places[middle:], bound))
    sums = [partial[0] for partial in second]
    found: set[int] = set()
    for partial, chosen in first:
        begin, end = bisect_left(sums, target - partial - allowed), bisect_right(sums, target - partial + allowed)
        for _, others in second[begin:end]:
            if least <= (chosen | others).bit_count() <= most:
                found.add(chosen | others)
        if len(found) > _MOST_SOLUTIONS:
            break
    subsets = sorted(tuple(place for place in places if mask >> place & 1) for mask in found)
    return Search(subsets[:_MOST_SOLUTIONS], complete=True)


def _hopeless(amounts: Sequence[int], target: int, allowed: int, *, one_way: bool) -> bool:
    """Whether no subset can have the sum: all of them too little, or all multiples of what the target is not."""
    if not target:
        return True
    if one_way and ((amounts[0] > 0) != (target > 0) or abs(sum(amounts)) < abs(target) - allowed):
        return True
    return not allowed and target % math.gcd(*amounts) != 0


def _sums(amounts: Sequence[int], places: Sequence[int], bound: int | None) -> list[Partial]:
    """Sums of all subsets of some places; with a bound none that is beyond it, which only amounts of one sign allow."""
    found: list[Partial] = [(0, 0)]
    for place in places:
        amount, bit = amounts[place], 1 << place
        more = [(partial + amount, chosen | bit) for partial, chosen in found]
        found += more if bound is None else [one for one in more if abs(one[0]) <= bound]
    return found
