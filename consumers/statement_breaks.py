"""BALANCE breaks: statements that do not prove, that do not open with what the one before closed with, or that come twice.

They are about no record, so they stand beside the decisions of a book and are replaced by themselves: a break goes away when the
statement comes again and proves, or when the missing one arrives. Each names its file in `reasons`.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
import polars as pl
from psycopg import Connection
from psycopg.rows import namedtuple_row

from consumers.columns import SourceCode
from consumers.copying import copy_in
from consumers.decisions import BREAK_COLUMNS
from consumers.sides import Compiled
from reconciler.balance_chain import ChainFault, ChainFaultKind, StatementLink, chain_faults
from schemas.errors import AmountError
from schemas.keys import hash64
from schemas.money import format_minor
from schemas.tables import BREAK_TYPES

__all__ = ["StatementBreaks"]

_BALANCE = BREAK_TYPES["BALANCE"]
_NO_DAY = dt.date(1970, 1, 1)
"""Booking day of a break about a statement that names no day at all."""

_PRINT = (
    "SELECT count(*), coalesce(sum(hashtextextended(s::text, 0)), 0)::text FROM statement s WHERE source_id = ANY(%(sources)s) "
    "UNION ALL "
    "SELECT count(*), coalesce(sum(group_hash), 0)::text FROM break WHERE reconciliation_id = %(code)s AND type = %(type)s"
)
_STATEMENTS = (
    "SELECT source_id, statement_id, account_id, currency, sequence, opening_minor, opening_date, closing_minor, closing_date, "
    "entry_count, credit_minor, debit_minor, proof, raw_ref "
    "FROM statement WHERE source_id = ANY(%s) ORDER BY source_id, statement_id"
)
_STANDING = (
    "SELECT group_hash, rule_version, amount_minor, currency, account_id, booked_on, key, sides, reasons::text "
    "FROM break WHERE reconciliation_id = %s AND type = %s"
)


class _Fault(NamedTuple):
    """What a row of `break` says; the columns of `_STANDING`."""

    group_hash: int
    rule_version: int
    amount_minor: int
    currency: str
    account_id: str
    booked_on: dt.date
    key: str
    sides: tuple[int, ...]
    reasons: str


class StatementBreaks:
    """Keeps the BALANCE breaks of one reconciliation: those of the statements of all sources on its sides."""

    def __init__(self, connection: Connection[Any], compiled: Compiled, sources: Mapping[tuple[str, str], SourceCode]) -> None:
        """The caller keeps `sources` up to date."""
        self._connection = connection
        self._compiled = compiled
        self._sources = sources
        self._print: list[tuple[Any, ...]] = []

    def close(self) -> int:
        """Bring the breaks up to date with the stored statements, in a transaction of its own.

        Returns:
            How many stand now; -1 when nothing had changed.
        """
        connection, code = self._connection, self._compiled.code
        names = {one.source_id: name for (_, name), one in self._sources.items() if name in self._compiled.sources}
        if self._print == (found := self._fingerprint(list(names))):
            connection.rollback()
            return -1
        with connection.cursor(row_factory=namedtuple_row) as cursor:
            rows = cursor.execute(_STATEMENTS, (list(names),)).fetchall()
        wanted = set(self._faults(rows, names))
        standing = set()
        for row in connection.execute(_STANDING, (code, _BALANCE)).fetchall():
            *told, sides, reasons = row
            standing.add(_Fault._make((*told, tuple(sides), reasons)))
        if gone := [one.group_hash for one in standing - wanted]:
            connection.execute(
                "DELETE FROM break WHERE reconciliation_id = %s AND type = %s AND group_hash = ANY(%s)", (code, _BALANCE, gone)
            )
        copy_in(connection, "break", self._rows(sorted(wanted - standing)))
        self._print = self._fingerprint(list(names)) if wanted != standing else found
        connection.commit()
        return len(wanted)

    def _fingerprint(self, sources: list[int]) -> list[tuple[Any, ...]]:
        """Statements and standing breaks; a replay that throws them away is told by it too."""
        parameters = {"sources": sources, "code": self._compiled.code, "type": _BALANCE}
        return self._connection.execute(_PRINT, parameters).fetchall()

    def _faults(self, rows: Iterable[Any], names: Mapping[int, str]) -> Iterator[_Fault]:
        sides = {
            source: index
            for index, side in reversed(list(enumerate(self._compiled.reconciliation.sides)))
            for source in side.sources
        }
        chains: dict[int, dict[str, Any]] = {}
        for row in rows:
            if row.proof == "FAILED":
                yield self._fault(names[row.source_id], sides, row, "proof", _apart(row), _proof_reasons(row))
            if row.opening_minor is not None and row.closing_minor is not None:
                chains.setdefault(row.source_id, {})[row.statement_id] = row
        for source_id, told in chains.items():
            for fault in chain_faults(_link(row) for row in told.values()):
                if fault.kind is not ChainFaultKind.SEQUENCE_GAP:
                    row, other = told[fault.at.name], told[fault.other.name]
                    yield self._fault(names[source_id], sides, row, fault.kind.value, *_chain_reasons(fault, row, other))

    def _fault(
        self, source: str, sides: Mapping[str, int], row: Any, kind: str, amount_minor: int, reasons: list[list[str]]
    ) -> _Fault:
        return _Fault(
            group_hash=hash64(f"statement {source} {row.statement_id} {kind}"),
            rule_version=self._compiled.reconciliation.version,
            amount_minor=abs(amount_minor),
            currency=row.currency,
            account_id=row.account_id,
            booked_on=row.closing_date or row.opening_date or _NO_DAY,
            key=row.statement_id,
            sides=(sides[source],),
            reasons=orjson.dumps([["source", source], *reasons, ["file", row.raw_ref or "unknown"]]).decode(),
        )

    def _rows(self, faults: Iterable[_Fault]) -> pl.DataFrame:
        rows = [
            {
                **one._asdict(),
                "reconciliation_id": self._compiled.code,
                "type": _BALANCE,
                # It waits for no watermark: it is so as long as the statements are what they are.
                "final": True,
                "nearest": None,
                "sides": "{" + ",".join(map(str, one.sides)) + "}",
                "members": "{}",
            }
            for one in faults
        ]
        return pl.DataFrame(rows, schema=BREAK_COLUMNS, orient="row").select(*BREAK_COLUMNS)


def _link(row: Any) -> StatementLink:
    totals = (row.opening_minor, row.closing_minor, row.opening_date, row.closing_date, row.entry_count, row.credit_minor)
    return StatementLink(
        name=row.statement_id,
        account=row.account_id,
        currency=row.currency,
        sequence=row.sequence,
        opening_minor=row.opening_minor,
        closing_minor=row.closing_minor,
        day=row.closing_date or row.opening_date,
        content=(*totals, row.debit_minor),
        # Without dates two statements of two days could be alike by chance.
        has_entries=bool(row.entry_count) and row.closing_date is not None,
    )


def _apart(row: Any) -> int:
    """Closing balance less what opening balance and entries give; 0 where the file's own totals failed instead."""
    if row.opening_minor is None or row.closing_minor is None:
        return 0
    apart: int = row.closing_minor - row.opening_minor - (row.credit_minor or 0) + (row.debit_minor or 0)
    return apart


def _proof_reasons(row: Any) -> list[list[str]]:
    reasons = [["proof", "the statement's balances or totals do not hold against its entries"]]
    figures = (
        ("opening", row.opening_minor),
        ("credits", row.credit_minor),
        ("debits", row.debit_minor),
        ("closing", row.closing_minor),
        ("gap", _apart(row)),
    )
    return reasons + [[name, _money(minor, row.currency)] for name, minor in figures if minor is not None]


def _chain_reasons(fault: ChainFault, row: Any, other: Any) -> tuple[int, list[list[str]]]:
    named = [["other_statement", other.statement_id], ["other_file", other.raw_ref or "unknown"]]
    if fault.kind is ChainFaultKind.REPEATED:
        moved: int = row.closing_minor - row.opening_minor
        return moved, [["repeated", "it has the balances and totals of another statement: its entries may be there twice"], *named]
    gap: int = row.opening_minor - other.closing_minor
    reasons = [
        ["continuity", "it does not open with the closing balance of the statement before it: one is missing or was changed"],
        ["opening", _money(row.opening_minor, row.currency)],
        ["closing_before", _money(other.closing_minor, row.currency)],
        ["gap", _money(gap, row.currency)],
    ]
    return gap, reasons + named


def _money(amount_minor: int, currency: str) -> str:
    try:
        return f"{format_minor(amount_minor, currency)} {currency}"
    except AmountError:
        return f"{amount_minor} minor units of {currency or 'no currency'}"
