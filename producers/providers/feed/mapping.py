"""One record of a feed to the canonical transaction; the feeds are the company's own, so the fields are near already.

A record is `{"id", "revision", "account", "reference", "amount", "currency", "direction", "status", "channel", "type",
"booked_at", "value_date", "description", "counterparty", "reversal"}`: `amount` a decimal text in major units, `booked_at` RFC 3339
with a zone, `value_date` a date, empty texts for what is unknown.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from producers.errors import FieldError
from schemas.errors import AmountError
from schemas.money import parse_minor
from schemas.records import CanonicalTransaction, Direction, Status

__all__ = ["RecordContext", "identity_of", "to_transaction"]

_MAX_REVISION = 2**63 - 1  # Avro's long

_E = TypeVar("_E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class RecordContext:
    """What a record's place adds to its fields: whose it is and where its original is kept."""

    tenant_id: str
    source: str
    bank_code: str | None
    raw_ref: str
    ingested_at: dt.datetime


def identity_of(record: Any) -> str | None:
    """`id@revision` of a record that has both, for its position in quarantine; None otherwise."""
    if not isinstance(record, Mapping):
        return None
    number, revision = record.get("id"), record.get("revision")
    return f"{number}@{revision}" if isinstance(number, str) and number and isinstance(revision, int) else None


def to_transaction(record: Any, context: RecordContext) -> CanonicalTransaction:
    """The canonical record.

    Raises:
        FieldError: a field is missing or has a value that cannot be kept as it is meant.
    """
    if not isinstance(record, Mapping):
        raise FieldError("malformed_record", f"a record is an object, not {type(record).__name__}")
    currency = _text(record, "currency")
    return CanonicalTransaction(
        tenant_id=context.tenant_id,
        txn_id=_text(record, "id"),
        revision=_revision(record),
        source=context.source,
        bank_code=context.bank_code,
        account_id=_text(record, "account"),
        amount_minor=_amount(record, currency),
        currency=currency,
        direction=_symbol(record, "direction", Direction),
        is_reversal=_flag(record, "reversal"),
        status=_symbol(record, "status", Status),
        booked_at=_moment(record, "booked_at"),
        value_date=_date(record, "value_date"),
        channel=_optional_text(record, "channel") or "OTHER",
        transaction_type=_optional_text(record, "type") or "OTHER",
        reference_number=_optional_text(record, "reference"),
        counterparty_name=_optional_text(record, "counterparty"),
        description=_optional_text(record, "description"),
        raw_ref=context.raw_ref,
        ingested_at=context.ingested_at,
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value:
        raise FieldError("malformed_record", f"{name} is {value!r}, a text is due")
    # Neither can be stored: PostgreSQL's text holds no NUL, and half a surrogate pair is no UTF-8.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise FieldError("malformed_record", f"{name} is {value!r}, which has characters that no text may have")
    return value


def _optional_text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    return _text(record, name)


def _revision(record: Mapping[str, Any]) -> int:
    value = record.get("revision")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_REVISION:
        raise FieldError("malformed_record", f"revision is {value!r}, a number from 0 to {_MAX_REVISION} is due")
    return value


def _flag(record: Mapping[str, Any], name: str) -> bool:
    value = record.get(name, False)
    if not isinstance(value, bool):
        raise FieldError("malformed_record", f"{name} is {value!r}, true or false is due")
    return value


def _amount(record: Mapping[str, Any], currency: str) -> int:
    text = record.get("amount")
    if not isinstance(text, str):
        raise FieldError("amount", f"amount is {text!r}, a decimal text is due")
    try:
        amount_minor = parse_minor(text, currency, group="")
    except AmountError as error:
        raise FieldError("amount", str(error)) from error
    if amount_minor < 0:
        raise FieldError("amount", f"amount {text} is negative; the sign belongs into direction")
    return amount_minor


def _symbol(record: Mapping[str, Any], name: str, symbols: type[_E]) -> _E:
    value = _text(record, name)
    try:
        return symbols(value)
    except ValueError as error:
        known = ", ".join(symbols)
        raise FieldError(name, f"{name} is {value!r}, one of {known} is due") from error


def _moment(record: Mapping[str, Any], name: str) -> dt.datetime:
    text = _text(record, name)
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.utcoffset() is None:
            raise FieldError("time", f"{name} {text} has no zone; the feed must say which one")
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise FieldError("time", f"{name} is {text!r}, a time by RFC 3339 is due") from error


def _date(record: Mapping[str, Any], name: str) -> dt.date | None:
    text = _optional_text(record, name)
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise FieldError("time", f"{name} is {text!r}, a date YYYY-MM-DD is due") from error
