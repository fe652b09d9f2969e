"""Open items that several open items of the other side add up to: too weak to be matched, and what a person would look at first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.decisions import book_order, day_of
from reconciler.evidence import reference_tokens, words
from reconciler.groups.subsets import search_subsets
from reconciler.types import Item, Reason

__all__ = ["SuspectedSplit", "suspected_splits"]

_MOST_OWNERS = 12
"""A word or reference that more open items of a side have ties none of them to another."""

_MOST_PARTS = 6
_STEPS = 256
_DAYS = 31


@dataclass(frozen=True, slots=True)
class SuspectedSplit:
    """What an open item may be a part of, or be made up of.

    Attributes:
        other: the whole, or the largest part.
        reason: which parts make which whole.
    """

    other: Item
    reason: Reason


def suspected_splits(free: tuple[Sequence[Item], Sequence[Item]]) -> Mapping[tuple[str, str], SuspectedSplit]:
    """By side and id of an open item, the split that it may belong to.

    Parts share a word or a reference with the whole, are at most a month away, and add up to it exactly. Where several sums would,
    the first by the order of the book is named: it is a suspicion and not a decision.

    Args:
        free: open items of both sides.
    """
    found: dict[tuple[str, str], SuspectedSplit] = {}
    for index in (0, 1):
        shelves = _shelves(free[1 - index])
        for whole in sorted(free[index], key=book_order):
            parts = next(_sums(whole, shelves), None)
            if parts is None:
                continue
            told = " + ".join(part.id for part in parts)
            reason = Reason("split", f"{told} add up to {whole.id}, {whole.signed_minor} {whole.currency}")
            found.setdefault((whole.side, whole.id), SuspectedSplit(max(parts, key=lambda part: part.amount_minor), reason))
            for part in parts:
                found.setdefault((part.side, part.id), SuspectedSplit(whole, reason))
    return found


def _shelves(items: Sequence[Item]) -> Mapping[str, Sequence[Item]]:
    """Items by what they say, without what many of them say."""
    shelves: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=book_order):
        for label in words(item) | reference_tokens(item):
            shelves[label].append(item)
    return {label: listed for label, listed in shelves.items() if 2 <= len(listed) <= _MOST_OWNERS}


def _sums(whole: Item, shelves: Mapping[str, Sequence[Item]]) -> Iterator[Sequence[Item]]:
    """Items of one shelf that add up to the whole, shelf by shelf."""
    for label in sorted((words(whole) | reference_tokens(whole)) & shelves.keys()):
        near = [
            part
            for part in shelves[label]
            if part.direction == whole.direction
            and part.amount_minor < whole.amount_minor
            and abs(day_of(part) - day_of(whole)) <= _DAYS
        ]
        search = search_subsets([part.signed_minor for part in near], whole.signed_minor, allowed=0, most=_MOST_PARTS, steps=_STEPS)
        for places in search.solutions[:1]:
            yield [near[place] for place in places]
