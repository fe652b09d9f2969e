"""Whether a flow of least cost is the only one: cycles of its residual graph that cost nothing.

Going round such a cycle gives another flow of the same cost. An arc and its own way back is no such cycle. So nodes between which
flow can go both ways are drawn together, and what is left is looked through for strongly connected parts.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

__all__ = ["Arc", "Node", "cycles_without_cost"]

Node = tuple[int, int]
"""Side (0 left, 1 right, -1 neither) and index."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A change that the flow allows.

    Attributes:
        start: where one unit is taken from.
        end: where it goes.
        cost: of one unit.
        both_ways: whether a unit can also go back, for the opposite cost.
    """

    start: Node
    end: Node
    cost: int
    both_ways: bool


def cycles_without_cost(arcs: Sequence[Arc], hub: Node) -> tuple[AbstractSet[Node], AbstractSet[tuple[int, int]]]:
    """Nodes through which another flow of the same cost can go, and the unused arcs (start index, end index) that are as good.

    Args:
        arcs: the residual graph of a flow of least cost, so that no cycle is below zero.
        hub: the node that stands for staying open; it is left out of the answer.
    """
    potential = _potentials(arcs)
    equal = [arc for arc in arcs if arc.cost + potential[arc.start] == potential[arc.end]]
    trees = _Trees()
    turning = [arc.start for arc in equal if arc.both_ways and not trees.join(arc.start, arc.end)]
    one_way = [arc for arc in equal if not arc.both_ways]
    onward: defaultdict[Node, set[Node]] = defaultdict(set)
    for arc in one_way:
        start, end = trees.root(arc.start), trees.root(arc.end)
        if start == end:
            turning.append(start)
        else:
            onward[start].add(end)
    varying = {trees.root(node) for node in turning} | _on_cycles(onward)
    tied = {node for node in potential if node != hub and trees.root(node) in varying}
    unused = {(arc.start[1], arc.end[1]) for arc in one_way if hub not in (arc.start, arc.end)}
    return tied, unused


def _potentials(arcs: Sequence[Arc]) -> dict[Node, int]:
    """The cheapest way to each node from wherever it begins; with them no arc costs less than nothing."""
    onward: defaultdict[Node, list[tuple[Node, int]]] = defaultdict(list)
    for arc in arcs:
        onward[arc.start].append((arc.end, arc.cost))
        if arc.both_ways:
            onward[arc.end].append((arc.start, -arc.cost))
    potential = dict.fromkeys((node for arc in arcs for node in (arc.start, arc.end)), 0)
    waiting = deque(potential)
    queued = set(waiting)
    while waiting:
        node = waiting.popleft()
        queued.discard(node)
        for following, cost in onward[node]:
            if potential[node] + cost < potential[following]:
                potential[following] = potential[node] + cost
                if following not in queued:
                    queued.add(following)
                    waiting.append(following)
    return potential


def _on_cycles(onward: Mapping[Node, Iterable[Node]]) -> set[Node]:
    """Nodes of strongly connected parts with more than one node: those that a walk forward and one backward both reach.

    Kosaraju's two walks, without recursion.
    """
    nodes = set(onward) | {end for ends in onward.values() for end in ends}
    backward: defaultdict[Node, set[Node]] = defaultdict(set)
    for start, ends in onward.items():
        for end in ends:
            backward[end].add(start)
    finished: list[Node] = []
    seen: set[Node] = set()
    for start in sorted(nodes):
        _walk(start, onward, seen, finished)
    found: set[Node] = set()
    seen = set()
    for start in reversed(finished):
        part: list[Node] = []
        _walk(start, backward, seen, part)
        if len(part) > 1:
            found.update(part)
    return found


def _walk(start: Node, onward: Mapping[Node, Iterable[Node]], seen: set[Node], finished: list[Node]) -> None:
    """Everything that is reached from `start` and not seen yet, in the order in which the walk leaves it."""
    if start in seen:
        return
    seen.add(start)
    path = [(start, iter(sorted(onward.get(start, ()))))]
    while path:
        node, following = path[-1]
        fresh = next((one for one in following if one not in seen), None)
        if fresh is None:
            finished.append(node)
            path.pop()
        else:
            seen.add(fresh)
            path.append((fresh, iter(sorted(onward.get(fresh, ())))))


class _Trees:
    """Nodes drawn together (union by path halving)."""

    def __init__(self) -> None:
        self._above: dict[Node, Node] = {}

    def root(self, node: Node) -> Node:
        """The node that stands for all that are drawn together with this one."""
        above = self._above
        while above.setdefault(node, node) != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    def join(self, first: Node, second: Node) -> bool:
        """Draw two together; False if they were already, so that there is a second way between them."""
        one, other = self.root(first), self.root(second)
        self._above[one] = other
        return one != other
