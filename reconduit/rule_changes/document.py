"""The result of `reconduit rules diff` as data: the JSON contract `schemas/json/rules_diff.schema.json`."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.reconciliation import Reconciliation
from reconciler.rule_diff import Example, Place, RuleDiff, Tally

__all__ = ["Scope", "as_document"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the two versions were tried on.

    Attributes:
        history: `database` or `files`.
        pieces: groups, or accounts with their books.
        share_ppm: part of all groups, in millionths; None where everything or chosen accounts were looked at.
    """

    history: str
    since: dt.date | None = None
    pieces: int | None = None
    share_ppm: int | None = None


def as_document(old: Reconciliation, new: Reconciliation, diff: RuleDiff, scope: Scope) -> dict[str, Any]:
    """The result as the contract has it; amounts are unsigned minor units."""
    return {
        "old": _stamp(old),
        "new": _stamp(new),
        "scope": {
            "history": scope.history,
            "since": None if scope.since is None else scope.since.isoformat(),
            "records": diff.records,
            "pieces": scope.pieces,
            "share": None if scope.share_ppm is None else scope.share_ppm / _MILLION,
        },
        "matches": {
            "before": {"auto": diff.before["auto"], "suggested": diff.before["suggested"]},
            "after": {"auto": diff.after["auto"], "suggested": diff.after["suggested"]},
            "kept": diff.kept,
            "gained": _tally(diff.gained),
            "lost": _tally(diff.lost),
            "changed": _tally(diff.changed),
        },
        "breaks": {
            kind.value: {
                "before": shift.before,
                "after": shift.after,
                "only_before": shift.only_before,
                "only_after": shift.only_after,
            }
            for kind, shift in sorted(diff.breaks.items())
        },
        "open": _before_and_after(diff.open_before, diff.open_after),
        "expected_false": {"before": diff.false_before_ppm / _MILLION, "after": diff.false_after_ppm / _MILLION},
    }


def _stamp(rules: Reconciliation) -> dict[str, Any]:
    return {"name": rules.name, "version": rules.version, "digest": rules.digest}


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "count": tally.count,
        "money": dict(sorted(tally.money.items())),
        "examples": [_example(one) for one in tally.examples],
    }


def _example(one: Example) -> dict[str, Any]:
    return {
        "before": _ids(one.before),
        "after": _ids(one.after),
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "what": one.what,
    }


def _ids(places: tuple[Place, ...]) -> list[str]:
    return [identity for _, identity in places]


def _before_and_after(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, dict[str, int]]:
    currencies = sorted({*before, *after})
    return {currency: {"before": before.get(currency, 0), "after": after.get(currency, 0)} for currency in currencies}
