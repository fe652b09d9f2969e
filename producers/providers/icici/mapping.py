"""ICICI's decrypted statement rows as canonical records. Pure: the same row gives the same record.

Field names and traps as several integrations show them: amounts are rupee texts with Indian grouping (`10,50,510.00`), always
positive, with `TYPE` DR or CR; times are IST without zone (`27-07-2017 23:21:42`); `Record` is an object when there is one row
and absent when there is none; `TRANSACTIONID` may repeat across the legs of one transaction.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from producers.errors import ContractChangeError, RecordError
from producers.kit.day_statements import BalanceRow
from producers.kit.day_windows import IST
from producers.kit.narration import read_narration
from producers.kit.references import extract_references
from schemas.errors import AmountError
from schemas.money import parse_minor
from schemas.records import CanonicalTransaction, Direction

__all__ = ["BANK_CODE", "Row", "read_row", "row_to_transaction", "rows_of"]

BANK_CODE = "ICIC"
"""First four letters of the bank's IFSC."""

_DIRECTIONS = {"CR": Direction.CREDIT, "C": Direction.CREDIT, "DR": Direction.DEBIT, "D": Direction.DEBIT}
_TIME_FORMATS = ("%d-%m-%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y")
_DATE_FORMATS = ("%d-%m-%Y", "%d/%m/%Y")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its fields understood. Amounts are minor units; `balance_minor` is signed, None when the row has none."""

    transaction_id: str
    booked_at: dt.datetime
    value_date: dt.date | None
    amount_minor: int
    direction: Direction
    balance_minor: int | None
    cheque_number: str
    remarks: str

    @property
    def day(self) -> dt.date:
        """Booking day in the bank's zone."""
        return self.booked_at.astimezone(IST).date()

    @property
    def content(self) -> tuple[str, ...]:
        """What tells rows of one TRANSACTIONID apart. The balance is not in it: a late posting changes it."""
        return (
            self.booked_at.isoformat(),
            self.direction.value,
            str(self.amount_minor),
            self.remarks,
            self.cheque_number,
        )

    def balance_row(self) -> BalanceRow:
        """The row as its account's balance sees it."""
        return BalanceRow(self.day, self.direction, self.amount_minor, self.balance_minor)


def rows_of(body: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a statement response: a list whatever the bank made of it (list, single object, nothing).

    Raises:
        ContractChangeError: `Record` is something else.
    """
    record = body.get("Record")
    match record:
        case None | "":
            return ()
        case list():
            return record
        case Mapping():
            return (record,)
        case _:
            raise ContractChangeError(f"ICICI's Record is a {type(record).__name__}; a list or an object is documented")


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordError(f"{name} is a {type(value).__name__}; the bank documents a text")
    return value.strip()


def _required(row: Mapping[str, Any], name: str) -> str:
    value = _text(row, name)
    if not value:
        raise RecordError(f"{name} is missing")
    return value


def _parse(text: str, formats: Sequence[str], name: str) -> dt.datetime:
    for form in formats:
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=IST)
        except ValueError:
            continue
    raise RecordError(f"{name} {text!r} is no date of the form dd-mm-yyyy")


def _money(text: str, name: str, currency: str) -> int:
    try:
        return parse_minor(text, currency)
    except AmountError as error:
        raise RecordError(f"{name}: {error}") from error


def read_row(row: Any, currency: str) -> Row:
    """One element of `Record`, understood.

    Args:
        row: the element as parsed from JSON.
        currency: currency of the account; the rows do not say it.

    Raises:
        RecordError: a field is missing or malformed; the message names it.
    """
    if not isinstance(row, Mapping):
        raise RecordError(f"the row is a {type(row).__name__}, not an object")
    kind = _required(row, "TYPE").upper()
    if kind not in _DIRECTIONS:
        raise RecordError(f"TYPE {kind!r} is neither CR nor DR")
    amount = _money(_required(row, "AMOUNT"), "AMOUNT", currency)
    if amount < 0:
        raise RecordError("AMOUNT is negative; the bank documents the sign in TYPE")
    balance, value_date = _text(row, "BALANCE"), _text(row, "VALUEDATE")
    return Row(
        transaction_id=_required(row, "TRANSACTIONID"),
        booked_at=_parse(_required(row, "TXNDATE"), _TIME_FORMATS, "TXNDATE").astimezone(dt.UTC),
        value_date=_parse(value_date, _DATE_FORMATS, "VALUEDATE").date() if value_date else None,
        amount_minor=amount,
        direction=_DIRECTIONS[kind],
        balance_minor=_money(balance, "BALANCE", currency) if balance else None,
        cheque_number=_text(row, "CHEQUENO"),
        remarks=_text(row, "REMARKS"),
    )


def row_to_transaction(
    row: Row, *, record_id: str, account_id: str, source: str, tenant_id: str, currency: str, raw_ref: str, now: dt.datetime
) -> CanonicalTransaction:
    """The canonical record of a row.

    Args:
        row: the row.
        record_id: TRANSACTIONID with the ordinal of its repeat.
        account_id: account number.
        source: name of the source.
        tenant_id: owner of the source.
        currency: ISO 4217 letters.
        raw_ref: where the original is kept.
        now: time of the poll, aware UTC.
    """
    references = extract_references(row.remarks)
    family = read_narration(row.remarks)
    return CanonicalTransaction(
        tenant_id=tenant_id,
        txn_id=f"{account_id}:{record_id}",
        source=source,
        bank_code=BANK_CODE,
        account_id=account_id,
        amount_minor=row.amount_minor,
        currency=currency,
        direction=row.direction,
        is_reversal=family.is_reversal,
        booked_at=row.booked_at,
        value_date=row.value_date,
        channel=family.channel,
        transaction_type=family.transaction_type,
        # A reference that the bank has cut never makes a key match, but it is evidence beside amount and date.
        reference_number=references.reference or references.cut,
        bank_reference=references.reference or row.cheque_number or None,
        description=row.remarks or None,
        raw_ref=raw_ref,
        ingested_at=now,
    )
