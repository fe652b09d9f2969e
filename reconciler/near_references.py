"""Labels for references that are nearly the same: one is the beginning of the other, or one slip apart.

Both work on whole sides at once, by sorting and by shared deletion variants, so that no reference is compared with every other.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from reconciler.evidence import deletion_variants, one_slip_apart

__all__ = ["slip_labels", "truncation_labels"]

_MIN_LENGTH = 8
_MOST_COMPLETIONS = 8
"""A beginning that this many references share says nothing about which one it is."""

_CROWD = 64

Labels = Mapping[str, AbstractSet[str]]
"""Labels by reference; references that share a label are near each other."""


def truncation_labels(left: Iterable[str], right: Iterable[str]) -> Labels:
    """Labels that tie a reference cut short on one side to the few references of the other side that begin with it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    first, second = sorted(set(left)), sorted(set(right))
    for short_side, long_side in ((first, second), (second, first)):
        for short in short_side:
            if len(short) < _MIN_LENGTH:
                continue
            begin = bisect_left(long_side, short)
            completions = []
            for candidate in long_side[begin : begin + _MOST_COMPLETIONS + 2]:
                if not candidate.startswith(short):
                    break
                if candidate != short:
                    completions.append(candidate)
            if 0 < len(completions) <= _MOST_COMPLETIONS:
                label = f"{short}…"
                for reference in (short, *completions):
                    found[reference].add(label)
    return found


def slip_labels(left: Iterable[tuple[int, str]], right: Iterable[tuple[int, str]]) -> Labels:
    """Labels that tie references one slip apart which go with the same amount.

    Args:
        left: (signed amount, reference) of every open item of one side.
        right: the same of the other side.
    """
    sides = [_variants(references) for references in (left, right)]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for place in sides[0].keys() & sides[1].keys():
        lefts, rights = sides[0][place], sides[1][place]
        if len(lefts) * len(rights) > _CROWD:
            continue
        for first in lefts:
            for second in rights:
                if one_slip_apart(first, second):
                    label = "~".join(sorted((first, second)))
                    found[first].add(label)
                    found[second].add(label)
    return found


def _variants(references: Iterable[tuple[int, str]]) -> Mapping[tuple[int, str], AbstractSet[str]]:
    found: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    for amount, reference in set(references):
        if len(reference) >= _MIN_LENGTH:
            for variant in deletion_variants(reference):
                found[amount, variant].add(reference)
    return found
