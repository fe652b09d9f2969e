"""What levels are worth, against a plain definition for one pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.probabilistic.weights import Hopeful, LevelOdds, Signal

PARENTS = np.array([0, 0, 1, 1, 1])

pairs = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 1e-30, 1e-6, 0.2, 0.999])), min_size=2, max_size=30)


def defined(pairs: list[tuple[int, float]], own: int) -> float:
    """Odds of a pair by the other pairs of its level, twenty of which are its parent's, two of which are those of all pairs."""
    level = pairs[own][0]
    overall = min(max(sum(one for _, one in pairs) / len(pairs), 1e-9), 1.0 - 1e-9)
    beside = [(PARENTS[other] == PARENTS[level], other == level, one) for place, (other, one) in enumerate(pairs) if place != own]
    above, alike = [one for parent, _, one in beside if parent], [one for _, same, one in beside if same]
    lean = (sum(above) + 2.0 * overall) / (len(above) + 2.0)
    share = min(max((sum(alike) + 20.0 * lean) / (len(alike) + 20.0), 1e-9), 1.0 - 1e-9)
    return share / (1.0 - share) * (1.0 - overall) / overall


@given(pairs=pairs)
@settings(max_examples=50)
def test_a_level_is_worth_what_the_other_pairs_of_it_say(pairs: list[tuple[int, float]]) -> None:
    levels, probability = (np.array(column) for column in zip(*pairs, strict=True))
    found = LevelOdds(Signal("any", levels.astype(np.int8), PARENTS)).of_pairs(Hopeful.among(probability))
    assert found.tolist() == pytest.approx([defined(pairs, own) for own in range(len(pairs))], rel=1e-6)
