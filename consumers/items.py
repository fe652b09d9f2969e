"""Stored records as the engine's items, with every text that can be evidence."""

import datetime as dt
from collections.abc import Mapping
from sys import intern
from typing import Any

from consumers.solving import STATUS_NAMES
from reconciler.reconciliation import Reconciliation
from reconciler.text import normalise_reference
from reconciler.types import Item

__all__ = ["RECORD_COLUMNS", "SELECT_RECORDS", "item_of_row", "side_of_row"]

RECORD_COLUMNS = """
t.txn_hash, t.source_id, t.txn_id, t.account_id, t.currency, t.direction, t.status, t.is_reversal, t.amount_minor, t.fee_minor,
to_timestamp(0) + t.booked_us * interval '1 microsecond' AS booked_at, t.value_date, t.reference_number, t.settlement_id,
t.detail ->> 'end_to_end_id' AS end_to_end_id, t.detail ->> 'bank_reference' AS bank_reference,
t.detail ->> 'counterparty_name' AS counterparty, t.detail ->> 'description' AS description,
t.detail ->> 'channel' AS channel, t.detail ->> 'transaction_type' AS transaction_type
"""
"""What an item is made of, from `transaction t`."""

SELECT_RECORDS = f"""
SELECT {RECORD_COLUMNS}
FROM transaction t
WHERE t.source_id = ANY(%s) AND NOT t.superseded AND t.detail ->> 'parent_txn_id' IS NULL
"""
"""Live records of sources (parameter: their codes); details of a batch entry are left out, their parent stands for them."""


def side_of_row(reconciliation: Reconciliation, row: Mapping[str, Any], source: str) -> str | None:
    """Name of the first side whose filter accepts a row with `RECORD_COLUMNS`, None when none does."""
    for side in reconciliation.sides:
        chosen = side.filter
        if (
            source in side.sources
            and chosen.accepts(
                account=row["account_id"],
                transaction_type=row["transaction_type"] or "",
                channel=row["channel"] or "",
                direction=row["direction"],
            )
            and chosen.accepts_amount(row["amount_minor"], row["currency"])
            and (chosen.booked_from is None or row["booked_at"].astimezone(dt.UTC).date() >= chosen.booked_from)
            and chosen.accepts_words(text=row["description"] or "", counterparty=row["counterparty"] or "")
        ):
            return side.name
    return None


def item_of_row(row: Mapping[str, Any], side: str, source: str, key: str = "reference_number") -> Item:
    """The item of one row with `RECORD_COLUMNS`, on the side named `side`; its id is `source/txn_id`, its key in column `key`."""
    texts = (row["end_to_end_id"], row["bank_reference"])
    references = tuple(normal for text in texts if text for normal in [normalise_reference(text)] if normal)
    return Item(
        id=f"{source}/{row['txn_id']}",
        side=side,
        # One text for all the records of a book, instead of one each.
        account=intern(row["account_id"]),
        amount_minor=row["amount_minor"],
        currency=intern(row["currency"]),
        direction=row["direction"],
        booked_at=row["booked_at"],
        status=STATUS_NAMES[row["status"]],
        is_reversal=row["is_reversal"],
        fee_minor=row["fee_minor"],
        value_date=row["value_date"],
        key=normalise_reference(row[key] or "") or None,
        references=references,
        counterparty=row["counterparty"],
        text=row["description"] or "",
        source=source,
        channel=row["channel"] or "",
        transaction_type=row["transaction_type"] or "",
    )
