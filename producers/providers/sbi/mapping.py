"""SBI's statement rows as canonical records, by a configured field map. Pure: the same row gives the same record.

The bank's field names are not public, so nothing here knows one; see `producers.providers.sbi.options`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from producers.errors import ContractChangeError, RecordError
from producers.kit.day_statements import BalanceRow
from producers.kit.day_windows import IST
from producers.kit.narration import read_narration
from producers.kit.references import extract_references
from producers.kit.repeated_ids import content_digest
from producers.providers.sbi.options import SbiOptions
from schemas.errors import AmountError
from schemas.money import parse_minor
from schemas.records import CanonicalTransaction, Direction

__all__ = ["BANK_CODE", "Row", "at_path", "fill_template", "read_row", "row_to_transaction", "rows_of"]

BANK_CODE = "SBIN"
"""First four letters of the bank's IFSC."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its fields understood. Amounts are minor units; `balance_minor` is signed, None when the row has none.

    `provider_id` is the bank's id, or a digest of the row where the bank gives none.
    """

    provider_id: str
    has_own_id: bool
    booked_at: dt.datetime
    value_date: dt.date | None
    amount_minor: int
    direction: Direction
    balance_minor: int | None
    narration: str
    reference: str
    cheque_number: str
    counterparty: str

    @property
    def day(self) -> dt.date:
        """Booking day in the bank's zone."""
        return self.booked_at.astimezone(IST).date()

    @property
    def content(self) -> tuple[str, ...]:
        """What tells rows of one id apart. The balance is not in it: a late posting changes it."""
        return (self.booked_at.isoformat(), self.direction.value, str(self.amount_minor), self.narration)

    def balance_row(self) -> BalanceRow:
        """The row as its account's balance sees it."""
        return BalanceRow(self.day, self.direction, self.amount_minor, self.balance_minor)


def at_path(document: Any, path: str) -> Any:
    """The value at a dotted path of objects (`DATA.ROWS`), None when any part of the way is absent."""
    for name in path.split("."):
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def fill_template(template: Any, values: Mapping[str, str]) -> Any:
    """A copy of a JSON template with `{name}` in its texts replaced; other braces stay as they are."""
    match template:
        case str():
            for name, value in values.items():
                template = template.replace(f"{{{name}}}", value)
            return template
        case Mapping():
            return {name: fill_template(value, values) for name, value in template.items()}
        case list():
            return [fill_template(value, values) for value in template]
        case _:
            return template


def rows_of(inner: Mapping[str, Any], path: str) -> Sequence[Any]:
    """The rows of a response: a list, a single object as a list of one, nothing as an empty list.

    Raises:
        ContractChangeError: something else is at `path`.
    """
    found = at_path(inner, path)
    match found:
        case None | "":
            return ()
        case list():
            return found
        case Mapping():
            return (found,)
        case _:
            raise ContractChangeError(f"SBI's {path} is a {type(found).__name__}; correct the option records_path")


class _RowReader:
    def __init__(self, row: Any, options: SbiOptions) -> None:
        if not isinstance(row, Mapping):
            raise RecordError(f"the row is a {type(row).__name__}, not an object")
        self._row = row
        self._options = options

    def text(self, path: str | None) -> str:
        value = at_path(self._row, path) if path else None
        match value:
            case None:
                return ""
            case str():
                return value.strip()
            case bool():
                raise RecordError(f"{path} is a bool, not a text or number")
            case int() | Decimal():
                return str(value)
            case _:
                raise RecordError(f"{path} is a {type(value).__name__}, not a text or number")

    def required(self, path: str) -> str:
        value = self.text(path)
        if not value:
            raise RecordError(f"{path} is missing")
        return value

    def moment(self, text: str, path: str) -> dt.datetime:
        for form in self._options.time_formats:
            try:
                return dt.datetime.strptime(text, form).replace(tzinfo=IST)
            except ValueError:
                continue
        raise RecordError(f"{path} {text!r} has none of the time_formats {', '.join(self._options.time_formats)}")

    def money(self, text: str, path: str) -> int:
        try:
            return parse_minor(text, self._options.currency)
        except AmountError as error:
            raise RecordError(f"{path}: {error}") from error

    def direction(self) -> Direction:
        value = self.required(self._options.fields.direction).upper()
        if value in self._options.credit_values:
            return Direction.CREDIT
        if value in self._options.debit_values:
            return Direction.DEBIT
        raise RecordError(f"{self._options.fields.direction} {value!r} is neither of credit_values nor of debit_values")


def read_row(row: Any, options: SbiOptions) -> Row:
    """One row of the response, understood by the field map of `options`.

    Raises:
        RecordError: a field is missing or malformed; the message names its path.
    """
    names, reader = options.fields, _RowReader(row, options)
    amount = reader.money(reader.required(names.amount), names.amount)
    if amount < 0:
        raise RecordError(f"{names.amount} is negative; the direction is expected in {names.direction}")
    direction = reader.direction()
    booked_at = reader.moment(reader.required(names.booked_at), names.booked_at).astimezone(dt.UTC)
    value_date, balance = reader.text(names.value_date), reader.text(names.balance)
    narration = reader.text(names.narration)
    provider_id = reader.required(names.id) if names.id else ""
    return Row(
        provider_id=provider_id or content_digest(booked_at.isoformat(), direction.value, str(amount), narration, balance),
        has_own_id=bool(provider_id),
        booked_at=booked_at,
        value_date=reader.moment(value_date, str(names.value_date)).date() if value_date else None,
        amount_minor=amount,
        direction=direction,
        balance_minor=reader.money(balance, str(names.balance)) if balance else None,
        narration=narration,
        reference=reader.text(names.reference),
        cheque_number=reader.text(names.cheque_number),
        counterparty=reader.text(names.counterparty),
    )


def row_to_transaction(
    row: Row, *, record_id: str, account_id: str, source: str, tenant_id: str, currency: str, raw_ref: str, now: dt.datetime
) -> CanonicalTransaction:
    """The canonical record of a row.

    Args:
        row: the row.
        record_id: the row's id with the ordinal of its repeat.
        account_id: account number.
        source: name of the source.
        tenant_id: owner of the source.
        currency: ISO 4217 letters.
        raw_ref: where the original is kept.
        now: time of the poll, aware UTC.
    """
    references = extract_references(row.narration)
    family = read_narration(row.narration)
    sure = row.reference or references.reference
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
        reference_number=sure or references.cut,
        bank_reference=sure or row.cheque_number or None,
        counterparty_name=row.counterparty or None,
        description=row.narration or None,
        raw_ref=raw_ref,
        ingested_at=now,
    )
