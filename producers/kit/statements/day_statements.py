"""Daily statements out of a running balance: opening, closing, totals and whether they prove each other.

A statement API without statement numbers still gives a balance after each row. That is enough for one statement per
booking day, and a row that the bank has left out shows as a proof that fails.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter

from schemas.records import CanonicalStatement, Direction, Proof, StatementKind

__all__ = ["BalanceRow", "day_statements"]


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """What one booked row does to its account. Minor units; the balance is signed, None when the bank gives none."""

    day: dt.date
    direction: Direction
    amount_minor: int
    balance_minor: int | None

    @property
    def movement_minor(self) -> int:
        """The amount with its sign: what the row adds to the balance."""
        return self.amount_minor if self.direction is Direction.CREDIT else -self.amount_minor


def _ascending(rows: list[BalanceRow]) -> list[BalanceRow]:
    """The rows, earliest first: some banks list the newest first, with days falling or balances that only fit backwards."""
    falls = rows[0].day > rows[-1].day
    turned = falls or (rows[0].day == rows[-1].day and _breaks(rows) > _breaks(rows[::-1]))
    # Sorting by day is stable, so a late row that the bank lists last still counts to its own day.
    return sorted(rows[::-1] if turned else rows, key=attrgetter("day"))


def _breaks(rows: list[BalanceRow]) -> int:
    return sum(
        before.balance_minor is not None
        and after.balance_minor is not None
        and before.balance_minor + after.movement_minor != after.balance_minor
        for before, after in pairwise(rows)
    )


def day_statements(
    rows: Iterable[BalanceRow], *, source: str, tenant_id: str, account_id: str, currency: str, ingested_at: dt.datetime
) -> Iterator[CanonicalStatement]:
    """One statement for each day that has rows, in day order.

    Args:
        rows: every row of the days, in the bank's order, rising or falling.
        source: name of the source.
        tenant_id: owner of the source.
        account_id: account of all the rows.
        currency: currency of all the rows.
        ingested_at: time of the poll, aware UTC.

    Yields:
        Statements named `{account}:{day}`, so that a later poll of the same day replaces the earlier one. The opening is the
        closing of the day before when that has rows too, else the first balance without its row. The proof is NOT_PROVABLE
        when a balance is missing.
    """
    listed = list(rows)
    if not listed:
        return
    closed: int | None = None
    for day, group in groupby(_ascending(listed), key=attrgetter("day")):
        members = list(group)
        first, closing = members[0], members[-1].balance_minor
        opening = closed
        if opening is None and first.balance_minor is not None:
            opening = first.balance_minor - first.movement_minor
        if opening is None or closing is None:
            proof = Proof.NOT_PROVABLE
        else:
            holds = opening + sum(row.movement_minor for row in members) == closing
            proof = Proof.PROVED if holds else Proof.FAILED
        yield CanonicalStatement(
            tenant_id=tenant_id,
            statement_id=f"{account_id}:{day.isoformat()}",
            source=source,
            account_id=account_id,
            currency=currency,
            kind=StatementKind.STATEMENT,
            opening_minor=opening,
            opening_date=day,
            closing_minor=closing,
            closing_date=day,
            entry_count=len(members),
            credit_minor=sum(row.amount_minor for row in members if row.direction is Direction.CREDIT),
            debit_minor=sum(row.amount_minor for row in members if row.direction is Direction.DEBIT),
            proof=proof,
            ingested_at=ingested_at,
        )
        closed = closing
