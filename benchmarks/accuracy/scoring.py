"""Scores of one result against the truth, for the automatic band and for all decisions."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Band", "Score", "Truth", "score"]


@dataclass(frozen=True, slots=True)
class Truth:
    """What belongs together.

    Attributes:
        pairs: kind of difference by (left id, right id).
        twins: by id, what is the same for records that only their ids tell apart; any of them is right.
    """

    pairs: Mapping[tuple[str, str], str]
    twins: Mapping[str, Hashable]

    def place(self, identity: str) -> Hashable:
        """What an id stands for."""
        return self.twins.get(identity, identity)


@dataclass(frozen=True, slots=True)
class Band:
    """Decisions of a band against the true pairs."""

    true: int
    decided: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the decisions that are right; 1 when there are none."""
        return self.right / self.decided if self.decided else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
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
    """Both bands, and how many pairs of each kind of difference there are and were found."""

    auto: Band
    all: Band
    kinds: Mapping[str, tuple[int, int]]


def score(truth: Truth, matches: Iterable[Mapping[str, Any]]) -> Score:
    """Score the `matches` of the document that `reconduit match --json` writes."""
    wanted = Counter((truth.place(left), truth.place(right)) for left, right in truth.pairs)
    kinds: dict[tuple[Hashable, Hashable], str] = {
        (truth.place(left), truth.place(right)): kind for (left, right), kind in truth.pairs.items()
    }
    bands = {}
    for name, decisions in (("auto", {"auto"}), ("all", {"auto", "suggested"})):
        bands[name] = Counter(
            (truth.place(left), truth.place(right))
            for match in matches
            if match["decision"] in decisions
            for left in match["left"]
            for right in match["right"]
        )
    right = {name: found & wanted for name, found in bands.items()}
    true = wanted.total()
    planted, found_kinds = Counter[str](), Counter[str]()
    for place, count in wanted.items():
        planted[kinds[place]] += count
        found_kinds[kinds[place]] += right["all"][place]
    return Score(
        auto=Band(true, bands["auto"].total(), right["auto"].total()),
        all=Band(true, bands["all"].total(), right["all"].total()),
        kinds={kind: (planted[kind], found_kinds[kind]) for kind in sorted(planted)},
    )
