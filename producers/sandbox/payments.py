"""The one list of payments that every source of the sandbox tells, and which of them is told wrongly on purpose."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from producers.errors import ConfigurationError
from producers.sandbox.names import payer
from producers.sandbox.seeded import stream
from producers.sandbox.timeline import DAYS, IN_FLIGHT_DAY, LAST_PROVEN_MISSING_DAY, Timeline

__all__ = ["MINIMUM_PAYMENTS", "Payment", "Plant", "Route", "make_payments", "routed"]

MINIMUM_PAYMENTS = 200
"""Fewer payments leave no room to plant each difference once."""


class Route(StrEnum):
    """How the money reaches the company: through the gateway, or straight into one of its bank accounts."""

    RAZORPAY = "razorpay"
    ICICI = "icici"
    SBI = "sbi"
    CAMT = "camt"
    MT940 = "mt940"

    @property
    def currency(self) -> str:
        """Currency of the account at the end of the route."""
        return {"camt": "EUR", "mt940": "GBP"}.get(self.value, "INR")


class Plant(StrEnum):
    """What is special about a payment in the three feeds."""

    EXACT = "exact"
    MISSING_CORE = "missing_core"
    MISSING_GATEWAY = "missing_gateway"
    MISSING_MOBILE = "missing_mobile"
    AMOUNT = "amount"
    STATUS = "status"
    CURRENCY = "currency"
    DUPLICATE = "duplicate"
    REVERSED = "reversed"
    REVERSAL_MISSING = "reversal_missing"
    LATE = "late"
    PENDING_THEN_BOOKED = "pending_then_booked"
    REFERENCE_CHANGED = "reference_changed"
    CORRECTED = "corrected"
    REDELIVERED = "redelivered"
    REFERENCE_TYPO = "reference_typo"
    REFERENCE_FORM = "reference_form"
    TWIN = "twin"
    FAILED = "failed"
    IN_FLIGHT = "in_flight"
    STILL_PENDING = "still_pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One customer's payment. `amount_minor` is the true amount in minor units of `currency`; `day` counts from 0."""

    number: int
    day: int
    booked_at: dt.datetime
    amount_minor: int
    route: Route
    method: str
    payer: str
    plant: Plant = Plant.EXACT

    @property
    def reference(self) -> str:
        """The reference that all sides share."""
        return f"PAY{self.number:07d}"

    @property
    def currency(self) -> str:
        """Currency of the route's account."""
        return self.route.currency

    @property
    def is_money(self) -> bool:
        """Whether money moved: a payment that the gateway calls FAILED never reaches a bank."""
        return self.plant not in {Plant.FAILED, Plant.STATUS}


@dataclass(frozen=True, slots=True)
class _Quota:
    """How many of 10,000 payments get a plant, between which days, and whether only gateway payments qualify."""

    plant: Plant
    per_ten_thousand: int
    first_day: int = 0
    last_day: int = IN_FLIGHT_DAY - 1
    gateway_only: bool = False


_QUOTAS = (
    _Quota(Plant.MISSING_CORE, 30, last_day=LAST_PROVEN_MISSING_DAY),
    _Quota(Plant.MISSING_GATEWAY, 30, last_day=LAST_PROVEN_MISSING_DAY),
    _Quota(Plant.MISSING_MOBILE, 30, last_day=LAST_PROVEN_MISSING_DAY),
    _Quota(Plant.REFERENCE_TYPO, 20, last_day=LAST_PROVEN_MISSING_DAY),
    # A reversal follows a day later, and the gateway's refund needs two more days to be in a payout.
    _Quota(Plant.REVERSED, 100, last_day=LAST_PROVEN_MISSING_DAY, gateway_only=True),
    _Quota(Plant.REVERSAL_MISSING, 20, last_day=LAST_PROVEN_MISSING_DAY - 1, gateway_only=True),
    _Quota(Plant.AMOUNT, 40),
    _Quota(Plant.STATUS, 30),
    _Quota(Plant.CURRENCY, 10),
    _Quota(Plant.DUPLICATE, 40),
    _Quota(Plant.LATE, 150, last_day=10),  # up to three days late, and visible before the world ends
    _Quota(Plant.PENDING_THEN_BOOKED, 200),
    _Quota(Plant.REFERENCE_CHANGED, 60),
    _Quota(Plant.CORRECTED, 40),
    _Quota(Plant.REDELIVERED, 100),
    _Quota(Plant.REFERENCE_FORM, 60),
    _Quota(Plant.TWIN, 40),
    _Quota(Plant.FAILED, 60),
    _Quota(Plant.IN_FLIGHT, 20, first_day=IN_FLIGHT_DAY, last_day=IN_FLIGHT_DAY),
    _Quota(Plant.STILL_PENDING, 10, first_day=IN_FLIGHT_DAY, last_day=IN_FLIGHT_DAY),
)

_ROUTES = (Route.RAZORPAY,) * 10 + (Route.ICICI,) * 4 + (Route.SBI,) * 3 + (Route.CAMT,) * 2 + (Route.MT940,)
_METHODS = ("upi", "upi", "upi", "card", "netbanking", "wallet")
# 100.00 to 90,000.00: below what `ledger` reserves for its planted cases, above every bank fee.
_AMOUNTS = (10_000, 9_000_000)


def make_payments(seed: int, timeline: Timeline, count: int) -> list[Payment]:
    """Payments in order of booking, the plants among them.

    Raises:
        ConfigurationError: fewer payments than the plants need.
    """
    if count < MINIMUM_PAYMENTS:
        raise ConfigurationError(f"{count} payments leave no room for the planted cases; ask for {MINIMUM_PAYMENTS} or more")
    rng = stream(seed, "payments")
    times = sorted((day, timeline.business_hours(day, rng)) for day in (number * DAYS // count for number in range(count)))
    payments = [
        Payment(
            number=number,
            day=day,
            booked_at=booked_at,
            amount_minor=rng.randint(*_AMOUNTS),
            route=rng.choice(_ROUTES),
            method=rng.choice(_METHODS),
            payer=payer(rng),
        )
        for number, (day, booked_at) in enumerate(times, start=1)
    ]
    _plant(payments, stream(seed, "plants"))
    return payments


def _plant(payments: list[Payment], rng: random.Random) -> None:
    """Give each plant its share of the payments; every plant is there at least once."""
    free = list(range(len(payments)))
    rng.shuffle(free)
    taken: set[int] = set()
    for quota in _QUOTAS:
        wanted = max(1, len(payments) * quota.per_ten_thousand // 10_000)
        for index in free:
            if not wanted:
                break
            if index in taken or not _qualifies(payments[index], quota):
                continue
            if quota.plant is Plant.TWIN and not _make_twin(payments, index, taken):
                continue
            payments[index] = replace(payments[index], plant=quota.plant)
            taken.add(index)
            wanted -= 1


def _qualifies(payment: Payment, quota: _Quota) -> bool:
    in_days = quota.first_day <= payment.day <= quota.last_day
    return in_days and (payment.route is Route.RAZORPAY or not quota.gateway_only)


def _make_twin(payments: list[Payment], index: int, taken: set[int]) -> bool:
    """Make the next payment of the day the twin: same payer, amount, route and nearly the same time, own reference."""
    other = index + 1
    if other >= len(payments) or other in taken or payments[other].day != payments[index].day:
        return False
    first = payments[index]
    payments[other] = replace(first, number=payments[other].number, plant=Plant.TWIN)
    taken.add(other)
    return True


def routed(payments: Sequence[Payment], route: Route) -> list[Payment]:
    """The payments that really reached the end of a route, in order of booking."""
    return [payment for payment in payments if payment.route is route and payment.is_money]
