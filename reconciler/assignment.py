"""One-to-one assignment by mutual unique best: what is unambiguous is paired, what is not is reported with its candidates.

Edges are taken in order of cost. At each cost, two bundles that have only each other pair as many of their items as both have
left; what is over stays free for later edges. Bundles that compete at the same cost are a tie, and a tie is not guessed. In the
end a bundle whose items are paired only in part makes everything that hangs together with it a tie: which of its like items is the
one without a partner cannot be told. The result is a function of the set of edges.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

__all__ = ["Assignment", "Cost", "Pairing", "Tie", "assign", "components", "grouped"]

Cost = tuple[int, ...]
"""Compared part by part; the smallest is the best."""

Pairing = tuple[int, int, int]
"""Left bundle, right bundle, and how many items of each are paired."""

Tie = tuple[tuple[int, ...], tuple[int, ...]]
"""Left and right bundles that nothing tells apart."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which bundles go together.

    Attributes:
        groups: pairings that share bundles, together using up every item of theirs; mostly one pairing each.
        ties: bundles that stay without a decision.
    """

    groups: Sequence[tuple[Pairing, ...]]
    ties: Sequence[Tie]


def assign(edges: Mapping[tuple[int, int], Cost], left_sizes: Sequence[int], right_sizes: Sequence[int]) -> Assignment:
    """Pair the items of bundles one to one.

    Args:
        edges: cost by (left index, right index).
        left_sizes: how many items each left bundle has.
        right_sizes: how many items each right bundle has.
    """
    left_over, right_over = list(left_sizes), list(right_sizes)
    paired: dict[tuple[int, int], int] = {}
    tied: set[tuple[int, int]] = set()
    ranked = sorted((cost, left, right) for (left, right), cost in edges.items())
    for _, level in groupby(ranked, key=lambda edge: edge[0]):
        free = [(left, right) for _, left, right in level if left_over[left] and right_over[right]]
        for lefts, rights in components(free):
            if len(lefts) == len(rights) == 1:
                left, right = lefts[0], rights[0]
                count = min(left_over[left], right_over[right])
                paired[left, right] = count
                left_over[left] -= count
                right_over[right] -= count
                continue
            # One edge to each is enough to keep the tie together, since all of it is one component.
            tied.update((lefts[0], right) for right in rights)
            tied.update((left, rights[0]) for left in lefts)
            for index in lefts:
                left_over[index] = 0
            for index in rights:
                right_over[index] = 0
    return grouped(paired, tied, left_over, right_over)


def grouped(
    paired: Mapping[tuple[int, int], int], tied: set[tuple[int, int]], left_over: Sequence[int], right_over: Sequence[int]
) -> Assignment:
    """Keep the pairings of components that come out even, and turn the other components into ties.

    Args:
        paired: how many items each pairing pairs.
        tied: edges that nothing tells apart from others.
        left_over: items of each left bundle that are not paired.
        right_over: items of each right bundle that are not paired.
    """
    tied_left = {left for left, _ in tied}
    of_left: defaultdict[int, list[Pairing]] = defaultdict(list)
    for (left, right), count in paired.items():
        of_left[left].append((left, right, count))
    groups: list[tuple[Pairing, ...]] = []
    ties: list[Tie] = []
    for lefts, rights in components([*paired, *tied]):
        even = not any(left_over[left] for left in lefts) and not any(right_over[right] for right in rights)
        if even and tied_left.isdisjoint(lefts):
            groups.append(tuple(pairing for left in lefts for pairing in of_left[left]))
        else:
            ties.append((lefts, rights))
    return Assignment(groups, ties)


def components(edges: Iterable[tuple[int, int]]) -> Iterator[Tie]:
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
