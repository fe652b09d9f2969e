"""How each planted difference of the three feeds changes what they tell, and which break it must become."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from producers.sandbox.model import FeedRecord
from producers.sandbox.payments import Payment, Plant

__all__ = ["BREAKS", "Told", "reversal_of", "revise"]

Told = dict[str, list[FeedRecord]]
"""What each feed tells of one payment, by feed name."""

_DAY = dt.timedelta(days=1)


def revise(told: Told, feed: str, **changes: object) -> None:
    """Change fields of a feed's first record."""
    told[feed][0] = replace(told[feed][0], **changes)  # type: ignore[arg-type]  # field names and types are the callers'


def reversal_of(record: FeedRecord) -> FeedRecord:
    """The side's reversal of its record, a day later: the same money back under the same reference."""
    return replace(
        record,
        record_id=f"{record.record_id}-R",
        direction="DEBIT",
        is_reversal=True,
        transaction_type="REFUND",
        booked_at=record.booked_at + _DAY,
        value_date=record.value_date + _DAY,
        visible_at=record.visible_at + _DAY,
        description=f"Reversal of {record.reference}",
    )


def _missing(told: Told, payment: Payment, _feed: str, _number: int) -> str:
    told[payment.plant.removeprefix("missing_")].clear()
    return "MISSING_LEFT" if payment.plant is Plant.MISSING_CORE else "MISSING_RIGHT"


def _in_flight(told: Told, _payment: Payment, _feed: str, number: int) -> str:
    told["mobile" if number % 2 else "gateway"].clear()
    return "TIMING"


def _still_pending(told: Told, _payment: Payment, _feed: str, _number: int) -> str:
    revise(told, "gateway", status="PENDING")
    return "TIMING"


def _amount(told: Told, payment: Payment, feed: str, number: int) -> str:
    revise(told, feed, amount_minor=payment.amount_minor + payment.amount_minor * number // 100 + 100)
    return "AMOUNT"


def _status(told: Told, _payment: Payment, _feed: str, _number: int) -> str:
    revise(told, "gateway", status="FAILED")
    return "STATUS"


def _currency(told: Told, _payment: Payment, _feed: str, _number: int) -> str:
    revise(told, "gateway", currency="USD")
    return "CURRENCY"


def _reversal_missing(told: Told, _payment: Payment, feed: str, _number: int) -> str:
    """Every side but one takes the payment back: that side lacks the reversal."""
    for name, records in told.items():
        if name != feed:
            records.append(reversal_of(records[0]))
    return "MISSING_LEFT" if feed == "core" else "MISSING_RIGHT"


BREAKS: Mapping[Plant, Callable[[Told, Payment, str, int], str]] = {
    Plant.MISSING_CORE: _missing,
    Plant.MISSING_GATEWAY: _missing,
    Plant.MISSING_MOBILE: _missing,
    Plant.IN_FLIGHT: _in_flight,
    Plant.STILL_PENDING: _still_pending,
    Plant.AMOUNT: _amount,
    Plant.STATUS: _status,
    Plant.CURRENCY: _currency,
    Plant.REVERSAL_MISSING: _reversal_missing,
}
"""By plant: changes `told`, given the payment, the feed that goes wrong and a number from 1 to 9; returns the break's type."""
