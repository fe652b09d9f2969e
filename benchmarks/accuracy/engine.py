"""A book of three sides goes through the engine itself: `reconduit match` takes two files."""

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.accuracy.generated.three_way import ThreeWayBook
from reconciler.conservation import check
from reconciler.dispatch import solve
from reconciler.rules import parse_reconciliation
from reconciler.types import Member

__all__ = ["solve_book"]

_COMPLETE = dt.datetime.max.replace(tzinfo=dt.UTC)


def solve_book(book: ThreeWayBook) -> tuple[dict[str, list[dict[str, Any]]], float]:
    """Matches and breaks in the form of `reconduit match --json`, every side complete; and the engine's seconds.

    Raises:
        ConservationError: the engine lost an item or claimed one twice.
    """
    rules = parse_reconciliation(book.rules, "three-way.yaml")
    first = rules.side_names[0]
    began = time.perf_counter()
    outcome = solve(rules, book.items, dict.fromkeys(rules.side_names, _COMPLETE))
    seconds = time.perf_counter() - began
    check(book.items, outcome)
    matches = [
        _sides(match.members, first) | {"decision": match.decision.value, "probability": match.probability_ppm / 1_000_000}
        for match in outcome.matches
    ]
    breaks = [_sides(broken.members, first) | {"type": broken.type.value} for broken in outcome.breaks]
    return {"matches": matches, "breaks": breaks}, seconds


def _sides(members: Sequence[Member], first: str) -> dict[str, Any]:
    return {
        "left": [member.id for member in members if member.side == first],
        "right": [member.id for member in members if member.side != first],
    }
