"""Stored records as the engine's items: the one that is asked for, the open ones around it, and its twins that are matched."""

import datetime as dt
from collections.abc import Iterable, Sequence

from psycopg import sql

from api.database import Database, Row
from api.models import Transaction
from api.queries.transactions import transactions_by_hash
from reconciler.reconciliation import KeyField
from reconciler.text import normalise_reference
from reconciler.types import Item
from schemas.keys import key_hash

__all__ = ["as_item", "group_hashes", "matched_twins", "open_items_around"]

_LOOKED_AT = 40
_SIGN = {"CREDIT": 1, "DEBIT": -1}


def as_item(record: Transaction, side: str, key: KeyField) -> Item:
    """A stored record as the engine sees it on one side."""
    detail = record.detail
    texts = (detail.get("end_to_end_id"), detail.get("bank_reference"))
    named = record.settlement_id if key is KeyField.SETTLEMENT_ID else record.reference_number
    return Item(
        id=f"{record.source}/{record.txn_id}",
        side=side,
        account=record.account_id,
        amount_minor=int(record.amount.minor_units),
        currency=record.amount.currency,
        direction=_SIGN[record.direction],
        booked_at=record.booked_at,
        status=record.status,
        is_reversal=record.is_reversal,
        fee_minor=None if record.fee is None else int(record.fee.minor_units),
        value_date=record.value_date,
        key=normalise_reference(named or "") or None,
        references=tuple(normal for text in texts if text for normal in [normalise_reference(text)] if normal),
        counterparty=detail.get("counterparty_name"),
        text=detail.get("description") or "",
        source=record.source,
        channel=detail.get("channel") or "",
        transaction_type=detail.get("transaction_type") or "",
    )


def group_hashes(record: Transaction) -> set[int]:
    """Hashes of the keyed groups that a record is in by its keys."""
    hashes = (key_hash(record.reference_number), key_hash(record.settlement_id))
    return {hashed for hashed in hashes if hashed is not None}


def open_items_around(
    database: Database, reconciliation: str, item: Item, sides: Sequence[str], key: KeyField, *, same_account: bool
) -> list[Item]:
    """Single open items of other sides in the item's currency: the nearest by amount, smaller ones by date, those of its key."""
    account = sql.SQL("AND b.account_id = a.account") if same_account else sql.SQL("")
    query = sql.SQL(
        "WITH asked (name, currency, account, amount, day, key) AS (SELECT %s, %s, %s, %s::bigint, %s::date, %s), "
        "open AS (SELECT b.sides[1] AS side, b.members[1] AS member, abs(b.amount_minor - a.amount) AS apart, "
        "abs(b.booked_on - a.day) AS days, b.amount_minor < a.amount AS smaller, b.key = a.key AS tied FROM break_view b, asked a "
        "WHERE b.reconciliation = a.name AND b.currency = a.currency AND cardinality(b.members) = 1 {account}) "
        "(SELECT side, member FROM open ORDER BY apart, days, member LIMIT {most}) UNION "
        "(SELECT side, member FROM open WHERE smaller ORDER BY days, apart, member LIMIT {most}) UNION "
        "(SELECT side, member FROM open WHERE tied ORDER BY member LIMIT {most})"
    ).format(account=account, most=sql.Literal(_LOOKED_AT))
    day = item.booked_at.astimezone(dt.UTC).date()
    rows = database.rows(query, [reconciliation, item.currency, item.account, item.amount_minor, day, item.key or ""])
    return [one for one in _items(database, rows, sides, key) if one.side != item.side]


def matched_twins(
    database: Database, reconciliation: str, item: Item, sides: Sequence[str], key: KeyField, groups: Iterable[int]
) -> list[Item]:
    """Matched items of the item's own side in its groups, or of its account, amount and week."""
    day = item.booked_at.astimezone(dt.UTC).date()
    rows = database.rows(
        sql.SQL(
            "SELECT m.side, m.member FROM (SELECT sides, members FROM match_view WHERE reconciliation = %s "
            "AND (group_hash = ANY(%s) OR (account_id = %s AND currency = %s AND amount_minor = %s "
            "AND booked_on BETWEEN %s AND %s)) LIMIT %s) AS near, "
            "unnest(near.sides, near.members) AS m (side, member)"
        ),
        [
            reconciliation,
            sorted(groups),
            item.account,
            item.currency,
            item.amount_minor,
            day - dt.timedelta(days=7),
            day + dt.timedelta(days=7),
            _LOOKED_AT,
        ],
    )
    return [one for one in _items(database, rows, sides, key) if one.side == item.side and one.id != item.id]


def _items(database: Database, rows: Sequence[Row], sides: Sequence[str], key: KeyField) -> list[Item]:
    records = transactions_by_hash(database, (row["member"] for row in rows))
    return [as_item(records[row["member"]], sides[row["side"]], key) for row in rows if row["member"] in records]
