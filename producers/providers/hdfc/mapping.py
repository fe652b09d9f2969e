"""HDFC's statement lines as canonical transactions. Pure: a payload and where it came from in, a record out.

Facts: amounts are texts and never negative, the direction is in `Debit Credit`; times are India's without a zone; keys differ
between corporates in blanks and case (`Virtual Account `), so they are compared by their letters only; the UTR or RRN of a payment
is inside the narration, and `User Reference Number` has it too for some rails, padded with zeros to 16 characters.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from producers.kit.narration import read_narration
from producers.kit.references import extract_references
from producers.providers.hdfc.errors import LineError
from producers.providers.hdfc.options import HdfcOptions
from reconciler.text import normalise_reference
from schemas.errors import SchemaError
from schemas.money import parse_minor
from schemas.records import CanonicalTransaction, Direction

__all__ = ["Line", "LineOrigin", "letters", "line_to_transaction", "normalise_keys", "parse_line"]

BANK_CODE = "HDFC"

_DIRECTIONS = {
    "CREDIT": Direction.CREDIT,
    "CR": Direction.CREDIT,
    "C": Direction.CREDIT,
    "DEBIT": Direction.DEBIT,
    "DR": Direction.DEBIT,
    "D": Direction.DEBIT,
}
_PADDED_RRN = re.compile(r"0000(\d{12})", re.ASCII)
_NOT_A_LETTER = re.compile(r"[^a-z]")


def letters(key: str) -> str:
    """A field name as it is compared: lower-case letters only, so that `Virtual Account ` is `virtualaccount`."""
    return _NOT_A_LETTER.sub("", key.lower())


def normalise_keys(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload under its compared field names."""
    return {letters(key): value for key, value in payload.items()}


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """Where a line came from.

    Attributes:
        source: name of the configured source.
        tenant_id: its owner.
        account_id: the account that was asked for.
        raw_ref: the original response and the position in it.
        ingested_at: time of the poll, aware UTC.
    """

    source: str
    tenant_id: str
    account_id: str
    raw_ref: str | None
    ingested_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A statement line whose fields are parsed. Amounts are minor units; the balance is signed and after the line."""

    line_id: str
    direction: Direction
    amount_minor: int
    balance_minor: int | None
    booked_at: dt.datetime
    value_date: dt.date | None
    narration: str
    reference: str | None
    mnemonic: str
    is_reversal: bool
    counterparty_name: str | None
    counterparty_account: str | None
    counterparty_ifsc: str | None


class _Fields:
    """Reads the fields of one line by the names of the source's field map."""

    def __init__(self, row: Mapping[str, Any], options: HdfcOptions) -> None:
        self._row = normalise_keys(row)
        self._options = options

    def text(self, name: str) -> str:
        value = self._row.get(letters(name))
        return "" if value is None else str(value).strip()

    def required(self, name: str, reason: str) -> str:
        text = self.text(name)
        if not text:
            raise LineError(reason, f"field {name!r} is missing or empty; if the bank names it otherwise, map it in options.fields")
        return text

    def amount(self, text: str, name: str) -> int:
        try:
            return parse_minor(text, self._options.currency)
        except SchemaError as error:
            raise LineError("amount", f"field {name!r}: {error}") from error

    def date(self, text: str, name: str) -> dt.date:
        try:
            return dt.datetime.strptime(text, self._options.date_format).date()  # noqa: DTZ007 - a date has no zone
        except ValueError as error:
            raise LineError("date", f"field {name!r}: {text!r} does not fit options.date_format") from error

    def moment(self, text: str, name: str) -> dt.datetime:
        for time_format in self._options.time_formats:
            try:
                local = dt.datetime.strptime(text, time_format)  # noqa: DTZ007 - the zone follows in the next line
            except ValueError:
                continue
            return local.replace(tzinfo=ZoneInfo(self._options.time_zone)).astimezone(dt.UTC)
        raise LineError("date", f"field {name!r}: {text!r} fits none of options.time_formats")


def _is_reversal(flag: str, narration: str) -> bool:
    """From the flag where the bank has one, else from the narration's words."""
    return flag.upper() in {"Y", "YES", "TRUE", "1"} if flag else read_narration(narration).is_reversal


def parse_line(row: Mapping[str, Any], options: HdfcOptions) -> Line:
    """The fields of one statement line.

    Raises:
        LineError: a field that every line needs is missing or unreadable; the error has the quarantine code.
    """
    names = options.fields
    fields = _Fields(row, options)
    direction_text = fields.required(names.direction, "direction")
    direction = _DIRECTIONS.get(direction_text.upper())
    if direction is None:
        raise LineError("direction", f"field {names.direction!r}: {direction_text!r} is neither credit nor debit")
    amount_minor = fields.amount(fields.required(names.amount, "amount"), names.amount)
    if amount_minor < 0:
        raise LineError("amount", f"field {names.amount!r} is negative; the direction says the sign")
    balance, value_date = fields.text(names.balance), fields.text(names.value_date)
    narration = fields.text(names.narration)
    return Line(
        line_id=fields.required(names.line_id, "line_id"),
        direction=direction,
        amount_minor=amount_minor,
        balance_minor=fields.amount(balance, names.balance) if balance else None,
        booked_at=fields.moment(fields.required(names.booked_at, "date"), names.booked_at),
        value_date=fields.date(value_date, names.value_date) if value_date else None,
        narration=narration,
        reference=fields.text(names.reference) or None,
        mnemonic=fields.text(names.mnemonic).upper(),
        is_reversal=_is_reversal(fields.text(names.reversal), narration),
        counterparty_name=fields.text(names.counterparty_name) or None,
        counterparty_account=fields.text(names.counterparty_account) or None,
        counterparty_ifsc=fields.text(names.counterparty_ifsc) or None,
    )


def _given_reference(text: str | None) -> str | None:
    """The bank's own reference field, without its padding; None when it is a placeholder."""
    if text is None or not normalise_reference(text):
        return None
    padded = _PADDED_RRN.fullmatch(text)
    return padded.group(1) if padded else text


def _settlement_key(line: Line, reference: str | None, options: HdfcOptions) -> str | None:
    """The payout's UTR, for a credit that may be a payout. Gateways also use references that no rail's shape fits."""
    if line.direction is not Direction.CREDIT or line.is_reversal:
        return None
    if options.payout_pattern and not re.search(options.payout_pattern, line.narration, re.IGNORECASE):
        return None
    if reference is not None:
        return reference
    candidates = extract_references(line.narration).candidates
    return candidates[0] if candidates else None


def line_to_transaction(line: Line, options: HdfcOptions, origin: LineOrigin, *, repeat: int = 0) -> CanonicalTransaction:
    """The canonical record of a line.

    Args:
        line: the parsed line.
        options: of the source.
        origin: where the line came from.
        repeat: how many other lines with this id, of another amount or direction, stand before it; the id then gets `-{repeat}`.
    """
    reference = _given_reference(line.reference) or extract_references(line.narration).reference
    told = read_narration(f"{line.mnemonic} {line.narration}")
    line_id = f"{line.line_id}-{repeat}" if repeat else line.line_id
    return CanonicalTransaction(
        tenant_id=origin.tenant_id,
        txn_id=f"{origin.account_id}:{line_id}",
        revision=0,
        source=origin.source,
        bank_code=BANK_CODE,
        account_id=origin.account_id,
        amount_minor=line.amount_minor,
        currency=options.currency,
        direction=line.direction,
        is_reversal=line.is_reversal,
        booked_at=line.booked_at,
        value_date=line.value_date,
        channel=told.channel,
        transaction_type=told.transaction_type,
        reference_number=reference,
        bank_reference=reference,
        settlement_id=_settlement_key(line, reference, options),
        counterparty_name=line.counterparty_name,
        counterparty_account=line.counterparty_account,
        counterparty_bank=line.counterparty_ifsc,
        description=line.narration or None,
        raw_ref=origin.raw_ref,
        ingested_at=origin.ingested_at,
    )
