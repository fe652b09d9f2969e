"""Decisions as rows of `match` and `break`: from the engine's frames and from its objects."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
import polars as pl

from reconciler.columnar import PlainOutcome
from reconciler.reconciliation import Reconciliation
from reconciler.types import Break, Decision, Match, Member, Nearest, Reason
from schemas.codes import BREAK_TYPES, STAGES

__all__ = [
    "BREAK_COLUMNS",
    "MATCH_COLUMNS",
    "MemberHash",
    "break_rows",
    "decision_hashes",
    "match_rows",
    "plain_breaks",
    "plain_matches",
]

_COMMON: dict[str, pl.DataType | type[pl.DataType]] = {
    "final": pl.Boolean,
    "rule_version": pl.Int32,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "account_id": pl.String,
    "booked_on": pl.Date,
    "key": pl.String,
    "sides": pl.String,
    "members": pl.String,
    "reasons": pl.String,
}
MATCH_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "reconciliation_id": pl.Int16,
    "group_hash": pl.Int64,
    "stage": pl.Int16,
    "decision": pl.Int16,
    "probability_ppm": pl.Int32,
    **_COMMON,
}
"""Columns of `match`; the arrays as Postgres writes them, `{1,2}`."""

BREAK_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "reconciliation_id": pl.Int16,
    "group_hash": pl.Int64,
    "type": pl.Int16,
    "nearest": pl.String,
    **_COMMON,
}
"""Columns of `break`."""

MemberHash = Callable[[Member], int]
"""`txn_hash` of a decision's member."""


def plain_matches(reconciliation: Reconciliation, code: int, outcome: PlainOutcome) -> pl.DataFrame:
    """Rows of `match` for the plain groups of a stream pass."""
    return _plain(reconciliation, code, outcome.matches, MATCH_COLUMNS).with_columns(
        pl.lit(STAGES["key"], dtype=pl.Int16).alias("stage"),
        pl.lit(1, dtype=pl.Int16).alias("decision"),
        pl.lit(1_000_000, dtype=pl.Int32).alias("probability_ppm"),
    )


def plain_breaks(reconciliation: Reconciliation, code: int, outcome: PlainOutcome) -> pl.DataFrame:
    """Rows of `break` for the plain groups of a stream pass: each is TIMING."""
    return _plain(reconciliation, code, outcome.breaks, BREAK_COLUMNS).with_columns(
        pl.lit(BREAK_TYPES["TIMING"], dtype=pl.Int16).alias("type")
    )


def _plain(reconciliation: Reconciliation, code: int, frame: pl.DataFrame, columns: Mapping[str, Any]) -> pl.DataFrame:
    return frame.select(
        pl.lit(code, dtype=pl.Int16).alias("reconciliation_id"),
        pl.col("group").alias("group_hash"),
        *(
            pl.lit(None, dtype=columns[name]).alias(name)
            for name in columns
            if name in {"nearest", "stage", "decision", "probability_ppm", "type"}
        ),
        pl.lit(value=False).alias("final"),
        pl.lit(reconciliation.version, dtype=pl.Int32).alias("rule_version"),
        "amount_minor",
        "currency",
        "account_id",
        "booked_on",
        "key",
        _array("sides"),
        _array("members"),
        "reasons",
    ).select(*columns)


def _array(name: str) -> pl.Expr:
    return pl.format("{{{}}}", pl.col(name).cast(pl.List(pl.String)).list.join(",")).alias(name)


def match_rows(
    reconciliation: Reconciliation, code: int, matches: Iterable[tuple[int, Match]], member_hash: MemberHash
) -> pl.DataFrame:
    """Rows of `match` for matches with their `group_hash`."""
    rows = [
        {
            "reconciliation_id": code,
            "group_hash": group,
            "stage": STAGES[match.stage.value],
            "decision": 1 if match.decision is Decision.AUTO else 2,
            "probability_ppm": match.probability_ppm,
            **_common(reconciliation, match, member_hash),
        }
        for group, match in matches
    ]
    return pl.DataFrame(rows, schema=MATCH_COLUMNS, orient="row")


def break_rows(
    reconciliation: Reconciliation, code: int, breaks: Iterable[tuple[int, Break]], member_hash: MemberHash
) -> pl.DataFrame:
    """Rows of `break` for breaks with their `group_hash`."""
    rows = [
        {
            "reconciliation_id": code,
            "group_hash": group,
            "type": BREAK_TYPES[one.type.value],
            "nearest": None if one.nearest is None else _nearest(one.nearest),
            **_common(reconciliation, one, member_hash),
        }
        for group, one in breaks
    ]
    return pl.DataFrame(rows, schema=BREAK_COLUMNS, orient="row")


def _common(reconciliation: Reconciliation, decision: Match | Break, member_hash: MemberHash) -> dict[str, Any]:
    index = {name: at for at, name in enumerate(reconciliation.side_names)}
    members = sorted((index[member.side], member_hash(member)) for member in decision.members)
    reasons = _reasons(decision.reasons)
    if isinstance(decision, Match) and decision.runner_up is not None:
        reasons.append(["runner_up", decision.runner_up])
    booked_on: dt.date = decision.booked_on
    return {
        "final": decision.final,
        "rule_version": reconciliation.version,
        "amount_minor": decision.amount_minor,
        "currency": decision.currency,
        "account_id": decision.account,
        "booked_on": booked_on,
        "key": decision.key,
        "sides": "{" + ",".join(str(side) for side, _ in members) + "}",
        "members": "{" + ",".join(str(member) for _, member in members) + "}",
        "reasons": orjson.dumps(reasons).decode(),
    }


def _reasons(reasons: Iterable[Reason]) -> list[list[str]]:
    return [[reason.signal, reason.text] for reason in reasons]


def _nearest(nearest: Nearest) -> str:
    found = {"id": nearest.id, "differs": _reasons(nearest.differs), "suspected": nearest.suspected}
    return orjson.dumps(found).decode()


def decision_hashes(frames: Iterable[pl.DataFrame]) -> set[int]:
    """Every `group_hash` that some decisions are about."""
    return {value for frame in frames for value in frame["group_hash"].to_list()}
