"""The subset search against brute force, and what its budget means."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.groups.subsets import search_subsets

PLENTY = 1 << 20
amounts_of = st.lists(st.integers(-40, 60).filter(bool), min_size=2, max_size=9)


def brute_force(amounts: list[int], target: int, allowed: int, most: int) -> set[tuple[int, ...]]:
    return {
        places
        for count in range(2, min(most, len(amounts)) + 1)
        for places in combinations(range(len(amounts)), count)
        if abs(sum(amounts[place] for place in places) - target) <= allowed
    }


@settings(max_examples=60)
@given(amounts=amounts_of, target=st.integers(-60, 150).filter(bool), allowed=st.integers(0, 2), most=st.integers(2, 9))
def test_what_is_found_is_what_brute_force_finds(amounts: list[int], target: int, allowed: int, most: int) -> None:
    found = search_subsets(amounts, target, allowed=allowed, most=most, steps=PLENTY)
    expected = brute_force(amounts, target, allowed, most)
    assert found.complete
    assert set(found.solutions) <= expected
    # One, none or several: more than a few are not listed.
    assert min(len(found.solutions), 2) == min(len(expected), 2)


@settings(max_examples=40)
@given(amounts=amounts_of, data=st.data(), steps=st.integers(1, 64))
def test_a_budget_that_suffices_finds_the_same_as_a_larger_one(amounts: list[int], data: st.DataObject, steps: int) -> None:
    planted = data.draw(st.lists(st.sampled_from(range(len(amounts))), min_size=2, unique=True))
    target = sum(amounts[place] for place in planted)
    bounded = search_subsets(amounts, target, allowed=0, most=9, steps=steps)
    plain = search_subsets(amounts, target, allowed=0, most=9, steps=PLENTY)
    assert bounded == plain or not (bounded.complete or bounded.solutions)


def test_a_search_that_needs_more_steps_than_allowed_says_so() -> None:
    found = search_subsets(list(range(101, 141)), 2_000, allowed=0, most=40, steps=1_000)
    assert (found.complete, found.solutions) == (False, ())
