"""Scores of one result against the truth, for the automatic band and for all decisions.

A decision is right when its members are exactly a true group, where any of several interchangeable records will do. Pairs are
counted as well, each left record with each right record of the same group, so that a batch with one member too many still counts
for what it has. A payment and its reversal on one side are one pair of that side.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, TypeVar

from benchmarks.accuracy.truth import ExpectedBreak, TrueGroup, Truth

__all__ = ["Band", "Score", "score"]

_BANDS = {"auto": frozenset({"auto"}), "all": frozenset({"auto", "suggested"})}
_UNKNOWN = "other records"

T = TypeVar("T", bound=Hashable)

Place = tuple[tuple[Hashable, ...], tuple[Hashable, ...]]
"""What a set of records stands for, each side sorted."""


@dataclass(frozen=True, slots=True)
class Band:
    """Decisions (or pairs) of a band against the true ones."""

    true: int
    decided: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the decisions that are right; 1 when there are none."""
        return self.right / self.decided if self.decided else 1.0

    @property
    def recall(self) -> float:
        """Share of the true ones that were found."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (self.true + self.decided) if self.true + self.decided else 1.0

    @property
    def false_per_100k(self) -> float:
        """Wrong decisions among 100,000."""
        return 100_000 * (1.0 - self.precision)


@dataclass(frozen=True, slots=True)
class Score:
    """What a result is worth.

    Attributes:
        auto: matches that need no person.
        all: these and the suggestions.
        auto_pairs: pairs of records within the automatic matches.
        all_pairs: pairs of records within all matches.
        batches: true groups of more records than the book has sides, and how many of them all decisions found exactly.
        kinds: by kind of difference, how many groups there are and how many all decisions found.
        breaks: by cause, how many records or groups must stay open, and how many are reported with a fitting type.
        judged: of each match the probability that it states, and whether it is right.
        wrong: by band, and then by the kinds that their records are of in truth, how many decisions are wrong.
    """

    auto: Band
    all: Band
    auto_pairs: Band
    all_pairs: Band
    batches: Band
    kinds: Mapping[str, tuple[int, int]]
    breaks: Mapping[str, tuple[int, int]]
    judged: Sequence[tuple[float, bool]]
    wrong: Mapping[str, Mapping[str, int]]


def score(truth: Truth, matches: Sequence[Mapping[str, Any]], breaks: Sequence[Mapping[str, Any]] = ()) -> Score:
    """Score the `matches` and `breaks` of the document that `reconduit match --json` writes."""
    wanted = Counter(_place(truth, group.left, group.right) for group in truth.groups)
    kind_of = {_place(truth, group.left, group.right): group.kind for group in truth.groups}
    pairs = Counter(pair for group in truth.groups for pair in _pairs(truth, group.left, group.right))
    decisions: dict[str, Counter[Place]] = {}
    bands: dict[str, Band] = {}
    pair_bands: dict[str, Band] = {}
    for name, included in _BANDS.items():
        band = [match for match in matches if match["decision"] in included]
        decisions[name] = Counter(_place(truth, match["left"], match["right"]) for match in band)
        bands[name] = _band(wanted, decisions[name])
        pair_bands[name] = _band(pairs, Counter(pair for match in band for pair in _pairs(truth, match["left"], match["right"])))
    right = decisions["all"] & wanted
    batches = Counter({place: count for place, count in wanted.items() if len(place[0]) + len(place[1]) > truth.sides})
    return Score(
        auto=bands["auto"],
        all=bands["all"],
        auto_pairs=pair_bands["auto"],
        all_pairs=pair_bands["all"],
        batches=_band(batches, right & batches),
        kinds=_by_kind(((kind_of[place], count, right[place]) for place, count in wanted.items())),
        breaks=_breaks(truth, breaks),
        judged=_judged(truth, matches, wanted),
        wrong={name: _wrong(truth, found - wanted) for name, found in decisions.items()},
    )


def _place(truth: Truth, left: Iterable[str], right: Iterable[str]) -> Place:
    one, other = (tuple(sorted((truth.place(identity) for identity in side), key=repr)) for side in (left, right))
    return one, other


def _pairs(truth: Truth, left: Iterable[str], right: Iterable[str]) -> Iterable[Hashable]:
    one, other = _place(truth, left, right)
    return product(one, other) if one and other else combinations(one or other, 2)


def _band(wanted: Counter[T], decided: Counter[T]) -> Band:
    return Band(wanted.total(), decided.total(), (wanted & decided).total())


def _by_kind(counted: Iterable[tuple[str, int, int]]) -> Mapping[str, tuple[int, int]]:
    planted, found = Counter[str](), Counter[str]()
    for kind, count, right in counted:
        planted[kind] += count
        found[kind] += right
    return {kind: (planted[kind], found[kind]) for kind in sorted(planted)}


def _breaks(truth: Truth, breaks: Iterable[Mapping[str, Any]]) -> Mapping[str, tuple[int, int]]:
    """By cause. A break counts when it names exactly the records that are open together; a record may have several breaks."""
    reported = Counter((_place(truth, broken["left"], broken["right"]), broken["type"]) for broken in breaks)
    found = []
    for expected in truth.breaks:
        place = _place(truth, expected.left, expected.right)
        fitting = next((kind for kind in sorted(expected.types) if reported[place, kind]), None)
        if fitting is not None:
            reported[place, fitting] -= 1
        found.append((expected.kind, 1, int(fitting is not None)))
    return _by_kind(found)


def _judged(truth: Truth, matches: Iterable[Mapping[str, Any]], wanted: Counter[Place]) -> Sequence[tuple[float, bool]]:
    """A group that is claimed twice is right once."""
    left = Counter(wanted)
    judged = []
    for match in matches:
        place = _place(truth, match["left"], match["right"])
        judged.append((float(match["probability"]), left[place] > 0))
        left[place] -= 1
    return judged


def _wrong(truth: Truth, wrong: Counter[Place]) -> Mapping[str, int]:
    kinds: dict[Hashable, str] = {}
    known: list[TrueGroup | ExpectedBreak] = [*truth.groups, *truth.breaks]
    for labelled in known:
        kinds |= {truth.place(identity): labelled.kind for identity in (*labelled.left, *labelled.right)}
    counted = Counter[str]()
    for (left, right), count in wrong.items():
        counted[" + ".join(sorted({kinds.get(place, _UNKNOWN) for place in (*left, *right)}))] += count
    return dict(counted.most_common())
