"""One-to-one assignment that is the best for a whole connected component, and tells where another one is just as good.

Items may stay open; a pairing is worth what its cost is below zero. The cheapest set of pairings is found by shortest augmenting
paths, as a minimum-cost flow through the bundles. It is unique unless its residual graph has a cycle that costs nothing: what
lies on such a cycle is a tie, and a tie is not guessed (Ahuja, Magnanti, Orlin: Network Flows, 1993, chapters 9 and 12). The
result is a function of the set of edges.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

from reconciler.assignment import Assignment, Cost, Pairing, Tie, assign, components, grouped
from reconciler.residual import Arc, Node, cycles_without_cost

__all__ = ["assign_optimally"]

_BUDGET = 5_000_000
"""Items times edges, over the components from the smallest to the largest. What is beyond is paired by mutual best, so that a
book in which everything costs the same ends in bounded time too."""

_OPEN: Node = (-1, 0)
"""Stands for staying open: every unit of flow begins and ends here."""


def assign_optimally(edges: Mapping[tuple[int, int], Cost], left_sizes: Sequence[int], right_sizes: Sequence[int]) -> Assignment:
    """Pair the items of bundles one to one, so that the sum of the costs is the smallest, compared part by part.

    Args:
        edges: cost by (left index, right index); the first part is below zero, so that a pairing is better than none.
        left_sizes: how many items each left bundle has.
        right_sizes: how many items each right bundle has.
    """
    of_left: defaultdict[int, list[int]] = defaultdict(list)
    for left, right in edges:
        of_left[left].append(right)
    parts = []
    for lefts, rights in components(edges):
        part = {(left, right): edges[left, right] for left in lefts for right in sorted(of_left[left])}
        items = min(sum(left_sizes[left] for left in lefts), sum(right_sizes[right] for right in rights))
        parts.append((items * len(part), lefts, part))
    groups: list[tuple[Pairing, ...]] = []
    ties: list[Tie] = []
    spent = 0
    for work, _, part in sorted(parts, key=lambda one: one[:2]):
        spent += work
        found = _Flow(part, left_sizes, right_sizes).solve() if spent <= _BUDGET else assign(part, left_sizes, right_sizes)
        groups.extend(found.groups)
        ties.extend(found.ties)
    return Assignment(groups, ties)


class _Flow:
    """The flow through one component. `_used` counts the items that a pairing pairs, `_left` and `_right` those still open."""

    def __init__(self, edges: Mapping[tuple[int, int], Cost], left_sizes: Sequence[int], right_sizes: Sequence[int]) -> None:
        self._costs = _encoded(edges)
        self._used = dict.fromkeys(edges, 0)
        self._left = {left: left_sizes[left] for left, _ in edges}
        self._right = {right: right_sizes[right] for _, right in edges}
        self._of_left: defaultdict[int, list[int]] = defaultdict(list)
        self._of_right: defaultdict[int, list[int]] = defaultdict(list)
        for left, right in edges:
            self._of_left[left].append(right)
            self._of_right[right].append(left)
        self._sizes = (left_sizes, right_sizes)

    def solve(self) -> Assignment:
        """The cheapest pairings, and what is tied."""
        while self._augment():
            pass
        paired = {edge: count for edge, count in self._used.items() if count}
        tied_nodes, equal = cycles_without_cost(list(self._residual()), _OPEN)
        tied = {
            edge
            for edge in self._costs
            if (edge in paired or edge in equal) and (0, edge[0]) in tied_nodes and (1, edge[1]) in tied_nodes
        }
        # What is tied counts as used up: the whole of it is reported, however many of it could be paired.
        over = [
            [0 if (side, index) in tied_nodes else open_.get(index, 0) for index in range(len(sizes))]
            for side, (open_, sizes) in enumerate(zip((self._left, self._right), self._sizes, strict=True))
        ]
        return grouped({edge: count for edge, count in paired.items() if edge not in tied}, tied, over[0], over[1])

    def _augment(self) -> bool:
        """Send as much as goes along the cheapest path from an open left item to an open right one; False if none saves any."""
        distance: dict[Node, int] = {}
        before: dict[Node, Node] = {}
        waiting: deque[Node] = deque()
        for left, count in self._left.items():
            if count:
                distance[0, left] = 0
                waiting.append((0, left))
        queued = set(waiting)
        while waiting:
            node = waiting.popleft()
            queued.discard(node)
            for following, cost in self._onward(node):
                far = distance[node] + cost
                if following not in distance or far < distance[following]:
                    distance[following], before[following] = far, node
                    if following not in queued:
                        queued.add(following)
                        waiting.append(following)
        ends = [(distance[1, right], right) for right, count in self._right.items() if count and (1, right) in distance]
        if not ends or min(ends)[0] >= 0:
            return False
        self._send(before, (1, min(ends)[1]))
        return True

    def _onward(self, node: Node) -> Iterator[tuple[Node, int]]:
        side, index = node
        if side == 0:
            for right in self._of_left[index]:
                yield (1, right), self._costs[index, right]
        else:
            for left in self._of_right[index]:
                if self._used[left, index]:
                    yield (0, left), -self._costs[left, index]

    def _send(self, before: Mapping[Node, Node], end: Node) -> None:
        path = [end]
        while path[-1] in before:
            path.append(before[path[-1]])
        # From the end: right, left, right, ..., left; every second step goes back over a pairing, which it takes apart.
        forward = [(path[at + 1][1], path[at][1]) for at in range(0, len(path) - 1, 2)]
        backward = [(path[at][1], path[at + 1][1]) for at in range(1, len(path) - 1, 2)]
        count = min(self._left[path[-1][1]], self._right[end[1]], *(self._used[edge] for edge in backward))
        for edge in forward:
            self._used[edge] += count
        for edge in backward:
            self._used[edge] -= count
        self._left[path[-1][1]] -= count
        self._right[end[1]] -= count

    def _residual(self) -> Iterator[Arc]:
        """Every arc along which the flow could change, with what one unit costs, and whether it can also go back the same way."""
        for (left, right), cost in self._costs.items():
            yield Arc((0, left), (1, right), cost, self._used[left, right] > 0)
        for side, (open_, sizes) in enumerate(zip((self._left, self._right), self._sizes, strict=True)):
            for index, count in open_.items():
                node = (side, index)
                partly = 0 < count < sizes[index]
                # An open item can be paired, a paired one can be left open: to the left flow comes in, from the right it goes out.
                inward = (count > 0) == (side == 0)
                yield Arc(_OPEN, node, 0, partly) if inward else Arc(node, _OPEN, 0, partly)


def _encoded(edges: Mapping[tuple[int, int], Cost]) -> dict[tuple[int, int], int]:
    """Costs as single integers whose sums along any path or cycle compare as the sums of their parts do, the first part first."""
    largest = max(abs(part) for cost in edges.values() for part in cost)
    base = 8 * (len(edges) + 1) * (largest + 1)
    encoded = {}
    for edge, cost in edges.items():
        value = 0
        for part in cost:
            value = value * base + part
        encoded[edge] = value
    return encoded
