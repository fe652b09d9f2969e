"""Which of several sums is meant."""

import pytest

from reconciler.groups.chance import accidents
from reconciler.groups.part_sums import search_parts


def found(amounts: list[int], target: int, required: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    marks = [place in required for place in range(len(amounts))]
    return [one.places for one in search_parts(amounts, marks, target, allowed=0, most=12, steps=8192).solutions]


def test_a_sum_with_what_the_whole_names_goes_before_the_others() -> None:
    amounts = [12_345, 6_789, 10_000, 9_134]
    assert sorted(found(amounts, 19_134)) == [(0, 1), (2, 3)]
    assert found(amounts, 19_134, required=(3,)) == [(2, 3)]


def test_where_what_is_named_makes_no_sum_the_others_are_looked_at() -> None:
    assert found([12_345, 6_789, 500], 19_134, required=(2,)) == [(0, 1)]


def test_items_that_follow_each_other_are_likelier_than_scattered_ones() -> None:
    amounts = [10_001, 20_002, 30_003, 40_004, 50_005, 60_007, 70_013, 80_021, 90_041, 15_003, 25_007, 33_319]
    run = sum(amounts[4:9])
    scattered = [0, 2, 5, 8, 11]
    assert (
        accidents(amounts, range(4, 9), run, 0) < accidents(amounts, scattered, sum(amounts[place] for place in scattered), 0) / 5
    )


def test_a_search_of_too_many_steps_says_so() -> None:
    result = search_parts([10_000 + 7 * place for place in range(12)], [False] * 12, 50_001, allowed=0, most=12, steps=16)
    assert (result.complete, result.solutions) == (False, ())


@pytest.mark.parametrize("required", [(0, 1), (0, 1, 2)])
def test_what_is_named_need_not_be_part_of_the_sum(required: tuple[int, ...]) -> None:
    assert found([70_000, 60_000, 12_345, 6_789], 19_134, required=required) in ([(2, 3)], [])
