"""Razorpay's settlement recon rows as canonical transactions. Pure: a row and where it came from in, a record out.

Facts (Razorpay's documentation of `GET /v1/settlements/recon/combined`): integers are subunits of the currency; `credit` is
`amount - fee` and `debit` is `amount + fee`; `tax` is inside `fee`; `type` is an open list; `settlement_utr` is null on
adjustments, although their `settlement_id` is there; `payment_id` is null on payments, whose id is `entity_id`; times are Unix
seconds; `notes` is text, object, list or null, and is not read.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from producers.errors import FieldError
from producers.kit.reading.day_windows import IST, local_day
from producers.kit.record_origin import RecordOrigin
from schemas.errors import AmountError
from schemas.money import MAX_AMOUNT_MINOR, currency_exponent
from schemas.records import CanonicalTransaction, Direction, Status

__all__ = ["encode_row", "peculiarities", "row_to_transaction"]

BANK_CODE = "RAZORPAY"

_TYPES = {"payment": "PAYMENT", "refund": "REFUND", "transfer": "TRANSFER", "adjustment": "ADJUSTMENT"}
_CHANNELS = dict.fromkeys(("card", "netbanking", "wallet", "emi", "paylater", "bank_transfer"), "ONLINE") | {"upi": "UPI"}
_UNSETTLED, _SETTLED = 0, 1


def encode_row(row: object) -> bytes:
    """A row's JSON for quarantine, numbers as they were read."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return str(value) if value not in (None, "") else None


def _subunits(row: Mapping[str, Any], name: str, *, default: int | None = None) -> int:
    value = row.get(name)
    if value is None and default is not None:
        return default
    # 1E+3 or 100.0 arrive as Decimal: whole, so still subunits.
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FieldError("amount", f"{name} is {value!r}, not an integer of subunits")
    if not 0 <= value <= MAX_AMOUNT_MINOR:
        raise FieldError("amount", f"{name} is {value}, out of range; credit and debit say the sign")
    return value


def _moment(row: Mapping[str, Any], name: str) -> dt.datetime | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise FieldError("date", f"{name} is {value!r}, not Unix seconds")
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise FieldError("date", f"{name} is {value}, no time of Unix seconds") from error


def _currency(row: Mapping[str, Any]) -> str:
    currency = row.get("currency")
    try:
        currency_exponent(currency if isinstance(currency, str) else "")
    except AmountError as error:
        raise FieldError("currency", f"currency is {currency!r}: {error}") from error
    return str(currency)


def _direction(row: Mapping[str, Any], kind: str) -> Direction:
    """From the column that is filled; a row of zero money follows its type."""
    credit, debit = _subunits(row, "credit", default=0), _subunits(row, "debit", default=0)
    if credit and debit:
        raise FieldError("direction", f"credit {credit} and debit {debit} are both filled")
    if credit or debit:
        return Direction.CREDIT if credit else Direction.DEBIT
    return Direction.CREDIT if kind == "payment" else Direction.DEBIT


def peculiarities(row: Mapping[str, Any], record: CanonicalTransaction) -> Iterator[str]:
    """What a person should look at in a row, although it was normalised to `record` and is kept."""
    kind, fee = row.get("type"), record.fee_minor or 0
    if kind not in _TYPES:
        yield f"type {kind!r} is not known and kept as OTHER"
    expected = record.amount_minor - fee if record.direction is Direction.CREDIT else record.amount_minor + fee
    moved = _subunits(row, "credit", default=0) or _subunits(row, "debit", default=0)
    if moved != expected:
        yield f"it moves {moved} subunits where amount and fee say {expected}"


def row_to_transaction(row: Mapping[str, Any], utrs: Mapping[str, str], origin: RecordOrigin) -> CanonicalTransaction:
    """The canonical record of a recon row.

    Revision 0 is PENDING: not settled, on hold, or settled into a payout that has no UTR yet, so that no money has moved.
    Revision 1 is SUCCESS with the payout's UTR as `settlement_id`. Both follow from the row and the UTR alone.

    Args:
        row: one element of `items`.
        utrs: UTR by Razorpay settlement id, for rows that name their settlement only.
        origin: where the row came from.

    Raises:
        FieldError: a field that every row needs is missing or unreadable; the error has the quarantine code.
    """
    entity_id, kind = _text(row, "entity_id"), _text(row, "type") or ""
    if entity_id is None:
        raise FieldError("entity_id", "entity_id is missing; without it a row cannot be told from another")
    created_at = _moment(row, "created_at")
    if created_at is None:
        raise FieldError("date", "created_at is missing")
    amount, fee = _subunits(row, "amount"), _subunits(row, "fee", default=0)
    currency, direction = _currency(row), _direction(row, kind)
    settlement = _text(row, "settlement_id")
    utr = _text(row, "settlement_utr") or (utrs.get(settlement) if settlement else None)
    is_settled = row.get("settled") is True and row.get("on_hold") is not True and utr is not None
    settled_at = _moment(row, "settled_at") if is_settled else None
    return CanonicalTransaction(
        tenant_id=origin.tenant_id,
        txn_id=f"{origin.account_id}:{entity_id}",
        revision=_SETTLED if is_settled else _UNSETTLED,
        source=origin.source,
        bank_code=BANK_CODE,
        account_id=origin.account_id,
        amount_minor=amount,
        currency=currency,
        direction=direction,
        status=Status.SUCCESS if is_settled else Status.PENDING,
        booked_at=created_at,
        value_date=local_day(settled_at, IST) if settled_at else None,
        channel=_CHANNELS.get(_text(row, "method") or "", "OTHER"),
        transaction_type=_TYPES.get(kind, "OTHER"),
        reference_number=_text(row, "order_receipt") or _text(row, "order_id") or entity_id,
        end_to_end_id=_text(row, "order_id"),
        # A refund's payment, so that a person finds it; a payment's own id otherwise.
        bank_reference=_text(row, "payment_id") or entity_id,
        # One content per revision: revision 0 does not depend on whether a payout without UTR has its id already.
        settlement_id=utr if is_settled else None,
        fee_minor=fee,
        description=_text(row, "description"),
        raw_ref=origin.raw_ref,
        ingested_at=origin.ingested_at,
    )
