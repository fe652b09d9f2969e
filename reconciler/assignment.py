"""One-to-one assignment by mutual unique best: what is unambiguous is paired, what is not is reported with its candidates.

Edges are taken in order of cost. At each cost, bundles that have only each other are paired if they are equally many; bundles
that compete at the same cost are a tie, and a tie is not guessed. The result is a function of the set of edges.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

__all__ = ["Assignment", "Cost", "assign"]

Cost = tuple[int, ...]
"""Compared part by part; the smallest is the best."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Indices of bundles: `pairs` of (left, right), and `ties` of (lefts, rights) that nothing tells apart."""

    pairs: Sequence[tuple[int, int]]
    ties: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]


def assign(edges: Mapping[tuple[int, int], Cost], left_sizes: Sequence[int], right_sizes: Sequence[int]) -> Assignment:
    """Pair bundles one to one.

    Args:
        edges: cost by (left index, right index).
        left_sizes: how many items each left bundle has.
        right_sizes: how many items each right bundle has.
    """
    pairs: list[tuple[int, int]] = []
    ties: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    left_taken = [False] * len(left_sizes)
    right_taken = [False] * len(right_sizes)
    ranked = sorted((cost, left, right) for (left, right), cost in edges.items())
    for _, level in groupby(ranked, key=lambda edge: edge[0]):
        free = [(left, right) for _, left, right in level if not left_taken[left] and not right_taken[right]]
        for lefts, rights in _components(free):
            for index in lefts:
                left_taken[index] = True
            for index in rights:
                right_taken[index] = True
            if len(lefts) == len(rights) == 1 and left_sizes[lefts[0]] == right_sizes[rights[0]]:
                pairs.append((lefts[0], rights[0]))
            else:
                ties.append((lefts, rights))
    return Assignment(pairs, ties)


def _components(edges: Iterable[tuple[int, int]]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Connected parts of a bipartite graph, each sorted."""
    of_left: defaultdict[int, list[int]] = defaultdict(list)
    of_right: defaultdict[int, list[int]] = defaultdict(list)
    for left, right in edges:
        of_left[left].append(right)
        of_right[right].append(left)
    seen: set[int] = set()
    for start in of_left:
        if start in seen:
            continue
        lefts, rights, todo = {start}, set[int](), [start]
        while todo:
            for right in of_left[todo.pop()]:
                if right not in rights:
                    rights.add(right)
                    new = [left for left in of_right[right] if left not in lefts]
                    lefts.update(new)
                    todo.extend(new)
        seen |= lefts
        yield tuple(sorted(lefts)), tuple(sorted(rights))
