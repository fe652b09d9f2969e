"""What was decided against what is true: precision and recall of matches, and which planted breaks were found."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

__all__ = ["Decided", "Score", "read_decisions", "score"]

Members = frozenset[tuple[str, str]]
"""A decision's records as (source, txn_id)."""

EXACT = "exact"
"""Labels of planted cases that keys alone decide begin with this; the others need tolerance."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What stands for one reconciliation: the members of each match, and of each break with its type."""

    matches: Sequence[Members]
    breaks: Sequence[tuple[str, Members]]


@dataclass(frozen=True, slots=True)
class Score:
    """How well one reconciliation did. Rates are exact fractions of counts, rounded to six decimals as text in reports.

    Attributes:
        right: matches that are true.
        matched: all matches.
        planted: true matches.
        exact_found, exact_planted: the same among the planted exact cases.
        breaks: planted and found, by type.
        false_breaks: breaks that nobody planted.
    """

    right: int
    matched: int
    planted: int
    exact_found: int
    exact_planted: int
    breaks: Mapping[str, Mapping[str, int]]
    false_breaks: int

    @property
    def precision(self) -> float:
        """Share of matches that are true; 1 when there are none."""
        return self.right / self.matched if self.matched else 1.0

    @property
    def recall(self) -> float:
        """Share of true matches that were found; 1 when there are none."""
        return self.right / self.planted if self.planted else 1.0

    @property
    def exact_recall(self) -> float:
        """Share of the planted exact cases that were matched, whole and without anything else."""
        return self.exact_found / self.exact_planted if self.exact_planted else 1.0


def read_decisions(connection: Connection[Any], tenant: str) -> dict[str, Decided]:
    """Matches and breaks by reconciliation, members by name; rolls back the read."""
    matched = connection.execute("SELECT reconciliation, members FROM match_view WHERE tenant_id = %s", (tenant,)).fetchall()
    broken = connection.execute("SELECT reconciliation, type, members FROM break_view WHERE tenant_id = %s", (tenant,)).fetchall()
    # Last, since the world goes on meanwhile: a record is stored before a decision names it.
    names = {
        hashed: (source, txn_id)
        for hashed, source, txn_id in connection.execute(
            "SELECT txn_hash, name, txn_id FROM transaction JOIN source USING (source_id) WHERE tenant_id = %s", (tenant,)
        )
    }
    matches: dict[str, list[Members]] = defaultdict(list)
    breaks: dict[str, list[tuple[str, Members]]] = defaultdict(list)
    for name, members in matched:
        matches[name].append(frozenset(names[member] for member in members))
    for name, kind, members in broken:
        breaks[name].append((kind, frozenset(names[member] for member in members)))
    connection.rollback()
    return {name: Decided(matches[name], breaks[name]) for name in matches.keys() | breaks.keys()}


def score(name: str, decided: Decided, truth: Mapping[str, Any]) -> Score:
    """Hold one reconciliation's decisions against the truth (JSON of the sandbox's `/_sandbox/truth`)."""
    true = {_members(match): match["label"] for match in truth["matches"] if match["reconciliation"] == name}
    exact = {members for members, label in true.items() if label.startswith(EXACT)}
    found = set(decided.matches)
    planted = [(broken["type"], _members(broken)) for broken in truth["breaks"] if broken["reconciliation"] == name]
    by_type: dict[str, list[Members]] = defaultdict(list)
    for kind, members in decided.breaks:
        by_type[kind].append(members)
    breaks: dict[str, dict[str, int]] = {}
    planted_by_type: dict[str, list[Members]] = defaultdict(list)
    for kind, members in planted:
        planted_by_type[kind].append(members)
        tally = breaks.setdefault(kind, {"planted": 0, "found": 0})
        tally["planted"] += 1
        tally["found"] += any(members <= one for one in by_type[kind])
    return Score(
        right=sum(members in true for members in decided.matches),
        matched=len(decided.matches),
        planted=len(true),
        exact_found=len(exact & found),
        exact_planted=len(exact),
        breaks=dict(sorted(breaks.items())),
        false_breaks=sum(not any(members <= named for members in planted_by_type[kind]) for kind, named in decided.breaks),
    )


def _members(label: Mapping[str, Any]) -> Members:
    pairs: Iterable[Sequence[str]] = label["members"]
    return frozenset((source, txn_id) for source, txn_id in pairs)
