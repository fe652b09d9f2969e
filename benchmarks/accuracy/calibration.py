"""Whether a stated probability is one: of the matches stated with 0.9, nine of ten should be right.

Matches are put into bands of stated probability. In each band the mean of what was stated is held against the share that was right;
the expected calibration error is the mean difference, each band weighted by its matches (Naeini et al., 2015). Bands are finer near
1, because that is where automatic decisions are.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

__all__ = ["Band", "Calibration", "calibration"]

_EDGES = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
"""Where one band ends and the next begins."""


@dataclass(frozen=True, slots=True)
class Band:
    """Matches of about the same stated probability.

    Attributes:
        least: where the band begins.
        matches: how many are in it.
        stated: mean of the stated probabilities.
        right: share of the matches that are right.
        error: standard error of that share if the stated probabilities were true.
    """

    least: float
    matches: int
    stated: float
    right: float
    error: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration of a set of matches.

    Attributes:
        bands: those that have matches, from the least probable on.
        expected_error: mean difference between stated and observed, weighted by matches; 0 is perfect.
        expected_false: matches that are false if the stated probabilities are true.
        false: matches that are.
    """

    bands: Sequence[Band]
    expected_error: float
    expected_false: float
    false: int


def calibration(judged: Iterable[tuple[float, bool]]) -> Calibration:
    """Calibration of matches, each given as its stated probability and whether it is right."""
    banded: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for stated, right in judged:
        banded[bisect_right(_EDGES, stated)].append((stated, right))
    bands = [_band(number, banded[number]) for number in sorted(banded)]
    total = sum(band.matches for band in bands)
    every = [one for members in banded.values() for one in members]
    return Calibration(
        bands=bands,
        expected_error=sum(band.matches * abs(band.stated - band.right) for band in bands) / max(total, 1),
        expected_false=sum(1.0 - stated for stated, _ in every),
        false=sum(not right for _, right in every),
    )


def _band(number: int, members: Sequence[tuple[float, bool]]) -> Band:
    count = len(members)
    return Band(
        least=_EDGES[number - 1] if number else 0.0,
        matches=count,
        stated=sum(stated for stated, _ in members) / count,
        right=sum(right for _, right in members) / count,
        error=sqrt(sum(stated * (1.0 - stated) for stated, _ in members)) / count,
    )
