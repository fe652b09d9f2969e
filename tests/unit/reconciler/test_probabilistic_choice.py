"""What is taken and what is confirmed, from given probabilities."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reconciler.probabilistic.budget import confirmed
from reconciler.probabilistic.choice import Choice, Classes, choose


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def chosen(edges: list[tuple[int, int, float]], left: Classes, right: Classes) -> tuple[list[tuple[int, int]], Choice]:
    firsts, seconds, probabilities = zip(*edges, strict=True)
    weights = np.array(probabilities)
    choice = choose((ints(*firsts), ints(*seconds)), weights, np.log(weights / (1 - weights)), (left, right), 600_000)
    return sorted(zip(choice.left.tolist(), choice.right.tolist(), strict=True)), choice


SINGLE = Classes(ints(0, 1, 2))


def test_only_what_is_likely_is_taken_and_the_rival_is_named() -> None:
    pairs, choice = chosen([(0, 0, 0.9), (0, 1, 0.05), (1, 1, 0.55), (2, 2, 0.99)], SINGLE, SINGLE)
    assert pairs == [(0, 0), (2, 2)]
    assert choice.probability_ppm.tolist() == [900_000, 990_000]
    assert [rivals.tolist() for rivals in choice.rivals] == [[1, -1], [-1, -1]]
    assert choice.margin[0] > 0
    assert np.isinf(choice.margin[1])


def test_twins_on_both_sides_are_paired_in_order() -> None:
    twins = Classes(ints(0, 0, 1))
    pairs, choice = chosen([(one, other, 0.49) for one in (0, 1) for other in (0, 1)], twins, twins)
    assert pairs == [(0, 0), (1, 1)]
    assert choice.probability_ppm.tolist() == [980_000, 980_000]


def test_twins_whose_partners_differ_are_paired_in_order() -> None:
    pairs, _ = chosen([(one, other, 0.48) for one in (0, 1) for other in (0, 1)], Classes(ints(0, 0)), Classes(ints(0, 1)))
    assert pairs == [(0, 0), (1, 1)]


def test_two_against_one_is_not_guessed() -> None:
    pairs, _ = chosen([(0, 0, 0.49), (1, 0, 0.49)], Classes(ints(0, 0)), Classes(ints(0)))
    assert pairs == []


def test_a_pair_whose_rival_scores_better_is_not_taken() -> None:
    pairs = ints(0, 1, 1), ints(0, 0, 1)
    probabilities = np.array([0.95, 0.04, 0.95])
    for scores, taken in (([3.0, 2.0, 4.0], [(0, 0), (1, 1)]), ([3.0, 3.0, 4.0], [(0, 0), (1, 1)]), ([3.0, 3.5, 4.0], [(1, 1)])):
        choice = choose(pairs, probabilities, np.array(scores), (Classes(ints(0, 1)), Classes(ints(0, 1))), 900_000)
        assert list(zip(choice.left.tolist(), choice.right.tolist(), strict=True)) == taken


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.01, 0.99)), min_size=1, max_size=20))
def test_nothing_is_taken_twice_even_when_probabilities_contradict_each_other(edges: list[tuple[int, int, float]]) -> None:
    unique = sorted({edge[:2]: edge for edge in edges}.values())
    _, choice = chosen(unique, Classes(np.arange(6)), Classes(np.arange(6)))
    assert len(set(choice.left.tolist())) == len(choice.left)
    assert len(set(choice.right.tolist())) == len(choice.right)


def test_the_budget_confirms_the_most_probable_first() -> None:
    ppm = ints(999_990, 991_000, 999_900, 700_000)
    wide = np.full(4, np.inf)
    assert confirmed(ppm, wide, 0).tolist() == [False] * 4
    assert confirmed(ppm, wide, 5).tolist() == [True, False, False, False]
    assert confirmed(ppm, wide, 6).tolist() == [True, False, True, False]
    assert confirmed(ppm, wide, 300).tolist() == [True, False, True, False]
    assert confirmed(ppm, wide, 700).tolist() == [True, True, True, False]
    assert confirmed(ppm, wide, 100_000).tolist() == [True] * 4


@given(st.lists(st.integers(500_000, 1_000_000), max_size=30), st.integers(0, 5_000), st.integers(0, 5_000))
def test_a_larger_budget_confirms_no_less(ppm: list[int], budget: int, more: int) -> None:
    sure, surer = (confirmed(ints(*ppm), np.full(len(ppm), np.inf), one) for one in (budget, budget + more))
    assert (surer | ~sure).all()


def test_a_pressing_rival_is_never_confirmed() -> None:
    assert confirmed(ints(1_000_000, 1_000_000), np.array([0.5, 5.0]), 100_000).tolist() == [False, True]


def test_equal_probabilities_are_confirmed_together_or_not_at_all() -> None:
    ppm = ints(1_000_000, *[999_000] * 4)
    assert confirmed(ppm, np.full(5, np.inf), 60).tolist() == [True, False, False, False, False]
    assert confirmed(ppm, np.full(5, np.inf), 100).tolist() == [True] * 5


@given(st.lists(st.integers(500_000, 1_000_000), max_size=30), st.integers(0, 5_000))
def test_what_is_confirmed_keeps_to_the_budget(ppm: list[int], budget: int) -> None:
    probabilities = ints(*ppm)
    sure = probabilities[confirmed(probabilities, np.full(len(ppm), np.inf), budget)]
    assert (1_000_000 - sure).sum() * 100_000 <= len(sure) * budget * 1_000_000
