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

from producers.kit.record_origin import RecordOrigin
from producers.kit.statements.narration import read_narration
from producers.kit.statements.references import extract_references
from producers.kit.statements.row_fields import RowFields, RowRules
from producers.providers.hdfc.options import FieldMap, HdfcOptions
from reconciler.text import normalise_reference
from schemas.records import CanonicalTransaction, Direction

__all__ = ["Line", "letters", "line_to_transaction", "normalise_keys", "parse_line", "row_rules"]

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


def row_rules(options: HdfcOptions) -> RowRules:
    """How HDFC writes its fields, as the source's options say; rows are read with `normalise_keys`."""
    return RowRules(
        currency=options.currency,
        zone=ZoneInfo(options.time_zone),
        time_formats=options.time_formats,
        date_formats=(options.date_format,),
        directions=_DIRECTIONS,
        has_scalars=True,
        value_of=lambda row, name: row.get(letters(name)),
    )


def _is_reversal(flag: str, narration: str) -> bool:
    """From the flag where the bank has one, else from the narration's words."""
    return flag.upper() in {"Y", "YES", "TRUE", "1"} if flag else read_narration(narration).is_reversal


def parse_line(row: Any, names: FieldMap, rules: RowRules) -> Line:
    """The fields of one statement line.

    Raises:
        FieldError: a field that every line needs is missing or unreadable; the error has the quarantine code.
    """
    fields = RowFields(normalise_keys(row) if isinstance(row, Mapping) else row, rules)
    direction, amount_minor, narration = (
        fields.direction(names.direction),
        fields.amount(names.amount),
        fields.text(names.narration),
    )
    return Line(
        line_id=fields.required(names.line_id, "line_id"),
        direction=direction,
        amount_minor=amount_minor,
        balance_minor=fields.balance(names.balance),
        booked_at=fields.moment(names.booked_at),
        value_date=fields.date(names.value_date),
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


def line_to_transaction(line: Line, options: HdfcOptions, origin: RecordOrigin, *, repeat: int = 0) -> CanonicalTransaction:
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
