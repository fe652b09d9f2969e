"""An explanation as the JSON contract `schemas/json/explain.schema.json` has it: amounts are integers in minor units."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.explaining.candidates import Candidate
from reconciler.explaining.causes import Suspicion
from reconciler.explaining.explanation import ExplainedBreak, ExplainedMatch, ExplainedRecord, Explanation, Quarantining
from reconciler.explaining.signals import Signal
from reconciler.explaining.waiting import Due
from reconciler.types import Member, Reason

__all__ = ["as_document"]


def as_document(explanation: Explanation) -> dict[str, Any]:
    """The explanation as JSON types; times are RFC 3339 in UTC."""
    return {
        "id": explanation.asked,
        "record": None if explanation.record is None else _record(explanation.record),
        "matches": [_match(one) for one in explanation.matches],
        "breaks": [_break(one) for one in explanation.breaks],
        "quarantined": [_quarantined(one) for one in explanation.quarantined],
        "note": explanation.note,
    }


def _record(record: ExplainedRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "revision": record.revision,
        "superseded_revisions": list(record.superseded),
        "account": record.account,
        "amount_minor": record.amount_minor,
        "currency": record.currency,
        "booked_at": _moment(record.booked_at),
        "status": record.status,
        "reference": record.reference,
    }


def _match(match: ExplainedMatch) -> dict[str, Any]:
    runner_up = None
    if match.runner_up is not None:
        runner_up = {
            "id": match.runner_up.id,
            "behind_bits": match.runner_up.behind_bits,
            "lacks": _reasons(match.runner_up_lacks),
        }
    return {
        **_common(match),
        "stage": match.stage,
        "decision": match.decision,
        "probability": match.probability_ppm / 1_000_000,
        "runner_up": runner_up,
    }


def _break(broken: ExplainedBreak) -> dict[str, Any]:
    return {
        **_common(broken),
        "type": broken.type,
        "candidates": [_candidate(one) for one in broken.candidates],
        "suspected": _suspicion(broken.suspicion),
        "due": None if broken.due is None else _due(broken.due),
    }


def _common(decision: ExplainedMatch | ExplainedBreak) -> dict[str, Any]:
    return {
        "id": decision.id,
        "rules": {"name": decision.rules.name, "version": decision.rules.version, "digest": decision.rules.digest},
        "final": decision.final,
        "amount_minor": decision.amount_minor,
        "currency": decision.currency,
        "members": _members(decision.members),
        "signals": _signals(decision.signals),
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    apart = candidate.separation
    return {
        "side": candidate.item.side,
        "id": candidate.item.id,
        "amount_minor": candidate.item.signed_minor,
        "apart_minor": apart.amount_minor,
        "apart_ppm": apart.amount_ppm,
        "days": apart.days,
        "reference_distance": apart.reference_distance,
        "differs": _reasons(apart.reasons(candidate.item.currency)),
        "suspected": _suspicion(candidate.suspicion),
    }


def _suspicion(suspicion: Suspicion | None) -> Mapping[str, str] | None:
    return None if suspicion is None else {"cause": suspicion.cause.value, "why": suspicion.why}


def _due(due: Due) -> dict[str, Any]:
    return {
        "at": _moment(due.at),
        "sources": [
            {
                "source": mark.source,
                "complete_through": None if mark.through is None else _moment(mark.through),
                "passed": mark.passed,
            }
            for mark in due.sources
        ],
    }


def _quarantined(one: Quarantining) -> dict[str, Any]:
    return {
        "source": one.source,
        "reason": one.reason,
        "detail": one.detail,
        "position": one.position,
        "arrived_at": _moment(one.arrived_at),
    }


def _members(members: Iterable[Member]) -> list[dict[str, str]]:
    return [{"side": member.side, "id": member.id} for member in members]


def _signals(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    return [{"signal": one.name, "text": one.text, "bits": one.bits} for one in signals]


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"signal": one.signal, "text": one.text} for one in reasons]


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
