"""Which of the items that could be parts of one item make up its sum, and how likely each such sum is an accident."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.groups.chance import accidents
from reconciler.groups.subsets import search_subsets
from reconciler.types import Item

__all__ = ["PartSum", "PartSums", "accidents_beside", "search_parts"]

_FAR_LIKELIER = 19.0
"""How many times likelier than all others together a sum is that is taken as the only one."""


@dataclass(frozen=True, slots=True)
class PartSum:
    """Parts that make up the sum.

    Attributes:
        places: of the parts among the amounts, ascending, two or more.
        accidents: expected number of such sums that are none.
    """

    places: tuple[int, ...]
    accidents: float


@dataclass(frozen=True, slots=True)
class PartSums:
    """What a search found.

    Attributes:
        solutions: the likeliest first; more than one only if it is not far likelier than the others.
        complete: False when the search was not begun, because it needs too many steps.
    """

    solutions: Sequence[PartSum]
    complete: bool


def search_parts(amounts: Sequence[int], required: Sequence[bool], target: int, *, allowed: int, most: int, steps: int) -> PartSums:
    """Sums of two amounts or more, all required ones among them if such a sum is there.

    Args:
        amounts: of the items that could be parts, signed minor units, in book order.
        required: which of them the whole itself names.
        target: the sum.
        allowed: how far a sum may be from it.
        most: parts of a sum.
        steps: partial sums that may be formed.
    """
    fixed = [place for place, one in enumerate(required) if one]
    free = [place for place, one in enumerate(required) if not one]
    complete = True
    for given, places in ((fixed, free), ([], range(len(amounts)))):
        rest = target - sum(amounts[place] for place in given)
        among = [amounts[place] for place in places]
        least = 1 if given else 2
        if len(given) >= most or (given and (rest > 0) != (target > 0)):
            continue
        found = search_subsets(among, rest, allowed=allowed, most=most - len(given), steps=steps, least=least)
        complete = complete and found.complete
        sums = [
            PartSum(tuple(sorted((*given, *(places[place] for place in one)))), accidents(among, one, rest, allowed))
            for one in found.solutions
        ]
        if sums:
            return PartSums(_likeliest(sums), complete)
        if not fixed:
            break
    return PartSums((), complete)


def accidents_beside(candidates: Sequence[Item], members: Sequence[Item], single: Item, target: int, allowed: int) -> float:
    """Expected accidents of a sum of which one member alone comes near the target: those of what the others make up."""
    rest = target - single.signed_minor
    others = [item for item in candidates if item is not single and item.amount_minor <= abs(rest)]
    beside = [place for place, item in enumerate(others) if item in members]
    if not beside:
        return 0.0
    return accidents([item.signed_minor for item in others], beside, rest, allowed)


def _likeliest(sums: Sequence[PartSum]) -> Sequence[PartSum]:
    """The sums by how likely they are, the first alone if it is far likelier than all others."""
    ordered = sorted(sums, key=lambda one: (one.accidents, one.places))
    others = sum(1.0 / one.accidents for one in ordered[1:])
    return ordered[:1] if 1.0 / ordered[0].accidents > _FAR_LIKELIER * others else ordered
