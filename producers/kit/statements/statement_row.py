"""A row of a bank's account statement, its fields understood, and the canonical record that it is. Pure."""

import datetime as dt
from dataclasses import dataclass

from producers.kit.record_origin import RecordOrigin
from producers.kit.statements.day_statements import BalanceRow
from producers.kit.statements.narration import read_narration
from producers.kit.statements.references import extract_references
from schemas.records import CanonicalTransaction, Direction

__all__ = ["StatementRow", "row_to_transaction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One row. Amounts are minor units; `balance_minor` is signed, None when the row has none; `booked_at` is aware UTC.

    Attributes:
        provider_id: the bank's id, or a digest of the row where the bank gives none.
        has_own_id: which of the two it is.
        content: what tells rows of one id apart. The balance is not in it: a late posting changes it.
        reference: UTR or RRN, where the row has it in a field of its own.
    """

    provider_id: str
    has_own_id: bool = True
    booked_at: dt.datetime
    value_date: dt.date | None
    amount_minor: int
    direction: Direction
    balance_minor: int | None
    narration: str
    content: tuple[str, ...]
    reference: str = ""
    cheque_number: str = ""
    counterparty: str = ""

    def balance_row(self, zone: dt.tzinfo) -> BalanceRow:
        """The row as its account's balance sees it, on its day in the bank's zone."""
        return BalanceRow(self.booked_at.astimezone(zone).date(), self.direction, self.amount_minor, self.balance_minor)


def row_to_transaction(
    row: StatementRow, origin: RecordOrigin, *, bank_code: str, currency: str, record_id: str
) -> CanonicalTransaction:
    """The canonical record of a row.

    Args:
        row: the row.
        origin: where it came from.
        bank_code: first four letters of the bank's IFSC.
        currency: ISO 4217 letters.
        record_id: the row's id with the ordinal of its repeat.
    """
    references = extract_references(row.narration)
    family = read_narration(row.narration)
    sure = row.reference or references.reference
    return CanonicalTransaction(
        tenant_id=origin.tenant_id,
        txn_id=f"{origin.account_id}:{record_id}",
        source=origin.source,
        bank_code=bank_code,
        account_id=origin.account_id,
        amount_minor=row.amount_minor,
        currency=currency,
        direction=row.direction,
        is_reversal=family.is_reversal,
        booked_at=row.booked_at,
        value_date=row.value_date,
        channel=family.channel,
        transaction_type=family.transaction_type,
        # A reference that the bank has cut never makes a key match, but it is evidence beside amount and date.
        reference_number=sure or references.cut,
        bank_reference=sure or row.cheque_number or None,
        counterparty_name=row.counterparty or None,
        description=row.narration or None,
        raw_ref=origin.raw_ref,
        ingested_at=origin.ingested_at,
    )
