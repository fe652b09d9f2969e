"""Rates that recur among deposits, held against comparing every one with every other."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from reconciler.groups.days import _recurring

kept_of_total = st.lists(st.tuples(st.integers(1, 30), st.integers(50, 400)), max_size=8)


@given(kept_of_total)
def test_a_rate_recurs_when_another_rounds_to_the_same(deposits: list[tuple[int, int]]) -> None:
    rates = [(Fraction(kept - 1, total), Fraction(kept + 1, total)) for kept, total in deposits]
    by_pairs = {
        place
        for place, (kept, total) in enumerate(deposits)
        for other, (kept_too, total_too) in enumerate(deposits)
        if other != place and abs(kept * total_too - kept_too * total) <= total + total_too
    }
    assert _recurring(rates) == by_pairs
