"""The nearest candidates of an open item among the open items of other sides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.evidence import all_references
from reconciler.explaining.causes import Circumstances, Suspicion, suspect_pair
from reconciler.explaining.separation import Separation, days_between, separate
from reconciler.types import Item

__all__ = ["Candidate", "by_nearness", "nearest_candidates"]

_MOST = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open item that may be the counterpart, what separates it, and the cause that would explain that."""

    item: Item
    separation: Separation
    suspicion: Suspicion | None


def by_nearness(item: Item, others: Iterable[Item]) -> Sequence[Item]:
    """The others from near to far: an equal reference first, then by amount, by date and by id; order of input does not matter."""
    references = set(all_references(item))

    def distance(other: Item) -> tuple[bool, int, int, str, str]:
        shared = not references.isdisjoint(all_references(other))
        return not shared, abs(other.signed_minor - item.signed_minor), abs(days_between(item, other)), other.side, other.id

    return sorted(others, key=distance)


def nearest_candidates(item: Item, ordered: Sequence[Item], circumstances: Circumstances) -> tuple[Candidate, ...]:
    """At most three plausible candidates of `ordered` (by `by_nearness`), the nearest first.

    Plausible is what has the item's reference, or an amount of the same sign that is neither less than half nor more than twice.
    """
    found: list[Candidate] = []
    for other in ordered:
        apart = separate(item, other)
        if apart.reference_distance == 0 or _plausible(item, other):
            found.append(Candidate(other, apart, suspect_pair(item, other, circumstances)))
            if len(found) == _MOST:
                break
    return tuple(found)


def _plausible(item: Item, other: Item) -> bool:
    small, large = sorted((item.amount_minor, other.amount_minor))
    return (item.signed_minor < 0) == (other.signed_minor < 0) and large <= 2 * small
