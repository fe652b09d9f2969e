"""The result of `reconduit match` as data: the JSON contract `schemas/json/match.schema.json`, and rows for CSV."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from reconciler.facts import EXPECTED_FALSE_PPM, PROBABLE
from reconciler.reconciliation import Reconciliation
from reconciler.types import Break, Decision, Item, Match, Member, Nearest, Outcome, Reason

__all__ = ["as_document", "write_csv"]

_COLUMNS = ("group", "result", "stage", "decision", "side", "id", "date", "amount_minor", "currency", "text", "reasons")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_document(reconciliation: Reconciliation, items: Sequence[Item], outcome: Outcome) -> dict[str, Any]:
    """The result as the JSON contract has it; sums are signed minor units, money in is positive."""
    left, right = reconciliation.side_names
    return {
        "rules": {"name": reconciliation.name, "version": reconciliation.version, "digest": reconciliation.digest},
        "summary": _summary(reconciliation, items, outcome),
        "matches": [
            {
                "left": _ids(match.members, left),
                "right": _ids(match.members, right),
                "decision": match.decision.value,
                "probability": match.probability_ppm / 1_000_000,
                "stage": match.stage.value,
                "reasons": _texts(match.reasons),
            }
            for match in outcome.matches
        ],
        "breaks": [
            {
                "type": broken.type.value,
                "left": _ids(broken.members, left),
                "right": _ids(broken.members, right),
                "amount_minor": broken.amount_minor,
                "currency": broken.currency,
                "nearest": _nearest(broken.nearest),
                "reasons": _texts(broken.reasons),
            }
            for broken in outcome.breaks
        ],
    }


def _summary(reconciliation: Reconciliation, items: Sequence[Item], outcome: Outcome) -> dict[str, Any]:
    left, right = reconciliation.side_names
    matched = Counter(member.side for match in outcome.matches for member in match.members)
    decided = Counter(match.decision for match in outcome.matches)
    records = Counter(item.side for item in items)
    return {
        "left": records[left],
        "right": records[right],
        "matched_left": matched[left],
        "matched_right": matched[right],
        "auto": decided[Decision.AUTO],
        "suggested": decided[Decision.SUGGESTED],
        "expected_false": _expected_false(outcome),
        "breaks": dict(sorted(Counter(broken.type.value for broken in outcome.breaks).items())),
        "sums": _sums(reconciliation, items, outcome),
    }


def _expected_false(outcome: Outcome) -> Mapping[str, float] | None:
    """How many of the automatic matches with a learnt probability are false if these are right; None without such matches."""
    confirmed = outcome.facts.get(PROBABLE, 0)
    if not confirmed:
        return None
    expected = outcome.facts[EXPECTED_FALSE_PPM] / 1_000_000
    return {"matches": confirmed, "false": round(expected, 2), "per_100k": round(expected / confirmed * 100_000, 1)}


def _sums(reconciliation: Reconciliation, items: Sequence[Item], outcome: Outcome) -> Mapping[str, Mapping[str, int]]:
    left = reconciliation.side_names[0]
    sums = {item.currency: {"left": 0, "right": 0, "matched": 0, "open": 0} for item in sorted(items, key=lambda i: i.currency)}
    matched = {member for match in outcome.matches for member in match.members}
    for item in items:
        sums[item.currency]["left" if item.side == left else "right"] += item.signed_minor
        if item.side == left and Member(item.side, item.id) in matched:
            sums[item.currency]["matched"] += item.signed_minor
    for broken in outcome.breaks:
        # A difference of converted amounts is in the base currency, which no item needs to be in.
        sums.setdefault(broken.currency, {"left": 0, "right": 0, "matched": 0, "open": 0})
        sums[broken.currency]["open"] += broken.amount_minor
    return sums


def write_csv(stream: TextIO, items: Sequence[Item], outcome: Outcome) -> None:
    """One row per member of each match and break; rows of one decision share their `group` number."""
    by_place = {Member(item.side, item.id): item for item in items}
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    decisions: list[Match | Break] = [*outcome.matches, *outcome.breaks]
    for number, decision in enumerate(decisions, start=1):
        for row in _rows(number, decision, by_place):
            writer.writerow(row)


def _rows(number: int, decision: Match | Break, by_place: Mapping[Member, Item]) -> Iterator[tuple[object, ...]]:
    told = ("MATCH", decision.stage, decision.decision) if isinstance(decision, Match) else (decision.type, "", "")
    reasons = _inert("; ".join(_texts(decision.reasons)))
    for member in decision.members:
        item = by_place[member]
        date = item.booked_at.date().isoformat()
        yield (number, *told, member.side, _inert(member.id), date, item.signed_minor, item.currency, _inert(item.text), reasons)


def _inert(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _ids(members: Sequence[Member], side: str) -> list[str]:
    return [member.id for member in members if member.side == side]


def _texts(reasons: Sequence[Reason]) -> list[str]:
    return [f"{reason.signal}: {reason.text}" for reason in reasons]


def _nearest(nearest: Nearest | None) -> dict[str, Any] | None:
    if nearest is None:
        return None
    return {"id": nearest.id, "differs": _texts(nearest.differs), "suspected": nearest.suspected}
