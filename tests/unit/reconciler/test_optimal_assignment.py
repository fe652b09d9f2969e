"""Optimal assignment against every possible one, on graphs small enough to list them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import optimal_assignment
from reconciler.assignment import Assignment
from reconciler.optimal_assignment import assign_optimally

Edges = dict[tuple[int, int], tuple[int, int, int]]

_SIDE = 5
costs = st.tuples(st.integers(-3, -1), st.integers(0, 2), st.integers(0, 3))
edge_sets = st.dictionaries(st.tuples(st.integers(0, _SIDE - 1), st.integers(0, _SIDE - 1)), costs, max_size=10)


def every_assignment(edges: Edges) -> Iterator[frozenset[tuple[int, int]]]:
    """Each set of edges in which no index of a side is used twice."""

    def extended(rest: list[tuple[int, int]], chosen: frozenset[tuple[int, int]]) -> Iterator[frozenset[tuple[int, int]]]:
        if not rest:
            yield chosen
            return
        yield from extended(rest[1:], chosen)
        left, right = rest[0]
        if all(left != one and right != other for one, other in chosen):
            yield from extended(rest[1:], chosen | {rest[0]})

    yield from extended(sorted(edges), frozenset())


def total(edges: Edges, chosen: frozenset[tuple[int, int]]) -> tuple[int, ...]:
    return tuple(sum(edges[edge][part] for edge in chosen) for part in range(3))


def solved(edges: Edges) -> Assignment:
    return assign_optimally(edges, [1] * _SIDE, [1] * _SIDE)


def pairs_of(found: Assignment) -> set[tuple[int, int]]:
    return {(left, right) for group in found.groups for left, right, _ in group}


@given(edge_sets)
def test_what_every_best_assignment_has_is_paired_and_the_rest_is_tied(edges: Edges) -> None:
    best = min(total(edges, chosen) for chosen in every_assignment(edges))
    optima = [chosen for chosen in every_assignment(edges) if total(edges, chosen) == best]
    found = solved(edges)
    tied = {(0, left) for lefts, _ in found.ties for left in lefts} | {(1, right) for _, rights in found.ties for right in rights}
    assert all(pairs_of(found) <= chosen for chosen in optima)
    sure = frozenset.intersection(*optima)
    assert all(edge in pairs_of(found) or {(0, edge[0]), (1, edge[1])} & tied for edge in sure)
    varying = frozenset.union(*optima) - sure
    assert all((0, left) in tied and (1, right) in tied for left, right in varying)
    if len(optima) == 1:
        assert (pairs_of(found), found.ties) == (set(optima[0]), [])


@given(edge_sets, st.permutations(range(_SIDE)), st.permutations(range(_SIDE)))
def test_numbers_of_bundles_do_not_matter(edges: Edges, lefts: list[int], rights: list[int]) -> None:
    renumbered = {(lefts[left], rights[right]): cost for (left, right), cost in reversed(edges.items())}
    assert {(lefts[left], rights[right]) for left, right in pairs_of(solved(edges))} == pairs_of(solved(renumbered))


@given(edge_sets)
def test_sides_are_alike(edges: Edges) -> None:
    mirrored = {(right, left): cost for (left, right), cost in edges.items()}
    assert {(right, left) for left, right in pairs_of(solved(edges))} == pairs_of(solved(mirrored))


def test_a_nearest_pair_gives_way_where_two_pairs_are_possible() -> None:
    edges = {(0, 0): (-1, 0, 2), (1, 0): (-1, 0, 0), (1, 1): (-1, 0, 1)}
    assert pairs_of(solved(edges)) == {(0, 0), (1, 1)}


def test_bundles_are_used_up_whole_or_tied() -> None:
    edges = {(0, 0): (-1, 0, 0), (0, 1): (-1, 0, 1)}
    whole = assign_optimally(edges, [3], [2, 1])
    assert ([sorted(group) for group in whole.groups], whole.ties) == ([[(0, 0, 2), (0, 1, 1)]], [])
    partly = assign_optimally(edges, [2], [2, 1])
    assert (partly.groups, partly.ties) == ([((0, 0, 2),)], [])
    short = assign_optimally(edges, [1], [2, 1])
    assert (short.groups, short.ties) == ([], [((0,), (0,))])


def test_beyond_the_budget_the_mutual_best_are_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimal_assignment, "_BUDGET", 5)
    edges = {(0, 0): (-1, 0, 2), (1, 0): (-1, 0, 0), (1, 1): (-1, 0, 1)}
    assert pairs_of(solved(edges)) == {(1, 0)}
