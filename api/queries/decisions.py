"""Matches and breaks: listings, and each one by its id with its records."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from psycopg import sql

from api.cursor import CursorSigner
from api.database import Database, Row
from api.errors import NotFoundError
from api.filters import BreakFilter, MatchFilter
from api.models import (
    BreakDetail,
    BreakPage,
    BreakSummary,
    ExpandedMember,
    MatchDetail,
    MatchPage,
    MatchSummary,
    Member,
    Money,
    Transaction,
)
from api.queries.by_source import narrow_to_source
from api.queries.explanation import read_nearest, read_reasons
from api.queries.keyset import Keyset, fetch_page
from api.queries.transactions import transactions_by_hash

__all__ = ["decisions_about", "get_break", "get_match", "list_breaks", "list_matches"]

_COMMON = (
    "reconciliation, group_hash, key, final, rule_version, amount_minor, currency, account_id, booked_on, sides, members, reasons"
)
_MATCH_COLUMNS = sql.SQL(_COMMON + ", stage, decision, probability_ppm")
_BREAK_COLUMNS = sql.SQL(_COMMON + ", type, nearest")
_TIE = (("reconciliation", "text"), ("group_hash", "bigint"), ("key", "text"))
_BREAK_TIE = (*_TIE, ("type", "text"), ("members", "bigint[]"))

_MATCHES = Keyset("match_view", _MATCH_COLUMNS, (("booked_on", "date"), *_TIE, ("members", "bigint[]")))
_BREAKS = {
    "newest": Keyset("break_view", _BREAK_COLUMNS, (("booked_on", "date"), *_BREAK_TIE)),
    "oldest": Keyset("break_view", _BREAK_COLUMNS, (("booked_on", "date"), *_BREAK_TIE), "ASC"),
    "largest": Keyset("break_view", _BREAK_COLUMNS, (("amount_minor", "bigint"), *_BREAK_TIE)),
}

_ID = re.compile(r"(?P<reconciliation>.+)\.(?P<group>[0-9a-f]{16})\.(?P<digest>[0-9a-f]{12})", re.DOTALL)


def _identity(row: Row) -> str:
    """Id of a decision: the same as long as the decision is, and gone with it.

    A group may have several breaks, which their type and members tell apart; a match is told by its key, and by its members where
    operators confirmed part of a group.
    """
    kind = row.get("type") or (row["stage"] if row["stage"] == "manual" else None)
    distinct = row["key"] if kind is None else f"{row['key']}\x1f{kind}\x1f{row['members']}"
    digest = hashlib.sha256(distinct.encode()).hexdigest()[:12]
    return f"{row['reconciliation']}.{row['group_hash'] % 2**64:016x}.{digest}"


def _side_names(database: Database) -> dict[str, list[str]]:
    rows = database.rows(sql.SQL("SELECT name, definition -> 'sides' AS sides FROM reconciliation"))
    return {row["name"]: _names_of(row["sides"]) for row in rows}


def _names_of(sides: Any) -> list[str]:
    if isinstance(sides, Mapping):
        return [str(name) for name in sides]
    return [str(side["name"]) if isinstance(side, Mapping) else str(side) for side in sides or []]


def _members(row: Row, names: Mapping[str, Sequence[str]], records: Mapping[int, Transaction]) -> list[ExpandedMember]:
    sides = names.get(row["reconciliation"], ())
    found = []
    for index, member in zip(row["sides"], row["members"], strict=True):
        record = records.get(member)
        found.append(
            ExpandedMember(
                side=sides[index] if 0 <= index < len(sides) else f"side {index + 1}",
                source=record.source if record else None,
                txn_id=record.txn_id if record else None,
                transaction=record,
            )
        )
    return found


def _common(row: Row) -> dict[str, Any]:
    return {
        "id": _identity(row),
        "reconciliation": row["reconciliation"],
        "key": row["key"],
        "final": row["final"],
        "amount": Money.of(row["amount_minor"], row["currency"]),
        "account_id": row["account_id"],
        "booked_on": row["booked_on"],
        "rule_version": row["rule_version"],
        "reasons": read_reasons(row["reasons"]),
    }


def _match_fields(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("stage", "decision", "probability_ppm")}


def _break_fields(row: Row) -> dict[str, Any]:
    return {"type": row["type"], "nearest": read_nearest(row["nearest"])}


def _plain(members: Sequence[ExpandedMember]) -> list[Member]:
    return [Member(side=member.side, source=member.source, txn_id=member.txn_id) for member in members]


def list_matches(database: Database, signer: CursorSigner, filters: MatchFilter) -> MatchPage:
    """One page of matches, latest booking first."""
    narrowing = narrow_to_source(database, "match_view", "match", filters.source)
    rows, following = fetch_page(database, signer, _MATCHES, filters, narrowing)
    names, records = _side_names(database), transactions_by_hash(database, (m for row in rows for m in row["members"]))
    items = [MatchSummary(**_common(row), **_match_fields(row), members=_plain(_members(row, names, records))) for row in rows]
    return MatchPage(items=items, next=following)


def list_breaks(database: Database, signer: CursorSigner, filters: BreakFilter) -> BreakPage:
    """One page of breaks in the order that the filter asks for."""
    narrowing = narrow_to_source(database, "break_view", "break", filters.source)
    rows, following = fetch_page(database, signer, _BREAKS[filters.sort], filters, narrowing)
    names, records = _side_names(database), transactions_by_hash(database, (m for row in rows for m in row["members"]))
    items = [BreakSummary(**_common(row), **_break_fields(row), members=_plain(_members(row, names, records))) for row in rows]
    return BreakPage(items=items, next=following)


def _find(database: Database, view: str, columns: sql.Composable, decision_id: str, what: str) -> Row:
    parts = _ID.fullmatch(decision_id)
    if parts is not None and "\x00" not in decision_id:
        unsigned = int(parts["group"], 16)
        group = unsigned - 2**64 if unsigned >= 2**63 else unsigned
        statement = sql.SQL("SELECT {} FROM {} WHERE group_hash = %s AND reconciliation = %s").format(columns, sql.Identifier(view))
        for row in database.rows(statement, [group, parts["reconciliation"]]):
            if _identity(row) == decision_id:
                return row
    raise NotFoundError(f"there is no {what} {decision_id!r} now; the group may have been decided anew: search by its key")


def get_match(database: Database, match_id: str) -> MatchDetail:
    """One match with its records.

    Raises:
        NotFoundError: there is no such match now.
    """
    row = _find(database, "match_view", _MATCH_COLUMNS, match_id, "match")
    members = _members(row, _side_names(database), transactions_by_hash(database, row["members"]))
    return MatchDetail(**_common(row), **_match_fields(row), members=members)


def get_break(database: Database, break_id: str) -> BreakDetail:
    """One break with its records.

    Raises:
        NotFoundError: there is no such break now.
    """
    row = _find(database, "break_view", _BREAK_COLUMNS, break_id, "break")
    members = _members(row, _side_names(database), transactions_by_hash(database, row["members"]))
    return BreakDetail(**_common(row), **_break_fields(row), members=members)


_ABOUT = sql.SQL(
    "SELECT {} FROM {} WHERE %s = ANY(members) AND (group_hash = ANY(%s) "
    "OR reconciliation_id IN (SELECT reconciliation_id FROM reconciliation WHERE shape = 'statement'))"
)


def decisions_about(
    database: Database, hashed: int, groups: Collection[int]
) -> tuple[Sequence[MatchDetail], Sequence[BreakDetail]]:
    """Every match and break of one record, with their records.

    Args:
        database: where they are.
        hashed: `txn_hash` of the record.
        groups: hashes of the keyed groups that the record can be in; in books it is looked for everywhere.
    """
    wanted = [hashed, sorted(groups)]
    matches = database.rows(_ABOUT.format(_MATCH_COLUMNS, sql.Identifier("match_view")), wanted)
    breaks = database.rows(_ABOUT.format(_BREAK_COLUMNS, sql.Identifier("break_view")), wanted)
    names = _side_names(database)
    records = transactions_by_hash(database, (member for row in (*matches, *breaks) for member in row["members"]))
    return (
        [MatchDetail(**_common(row), **_match_fields(row), members=_members(row, names, records)) for row in matches],
        [BreakDetail(**_common(row), **_break_fields(row), members=_members(row, names, records)) for row in breaks],
    )
