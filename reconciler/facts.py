"""What an outcome says about itself beside its decisions: how many automatic matches may be false, and how the sources behave."""

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.profiles import profiles_of
from reconciler.types import Decision, Item, Match, Stage

__all__ = ["EXPECTED_FALSE_PPM", "PROBABLE", "PROFILES", "statement_facts"]

PROBABLE = "confirmed_by_probability"
"""Key of the number of automatic matches whose probability was learnt from their book."""

EXPECTED_FALSE_PPM = "expected_false_ppm"
"""Key of how many of these are false if the probabilities are right, in millionths of a match: the sum of 1 - p."""

PROFILES = "profiles"
"""Key of the `PairProfile` of each account and currency that has confirmed pairs."""


def statement_facts(matches: Sequence[Match], items: Iterable[Item], sides: Sequence[str]) -> dict[str, Any]:
    """The facts of statement books.

    Args:
        matches: all of them.
        items: all that were given.
        sides: names of the first and the second side.
    """
    probable = [match for match in matches if match.stage is Stage.PROBABILISTIC and match.decision is Decision.AUTO]
    return {
        PROBABLE: len(probable),
        EXPECTED_FALSE_PPM: sum(1_000_000 - match.probability_ppm for match in probable),
        PROFILES: profiles_of(matches, items, sides),
    }
