"""Which movements an account has, and what is special about each between the ledger and the bank."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from producers.sandbox.names import company
from producers.sandbox.payments import Payment, Route, routed
from producers.sandbox.seeded import stream
from producers.sandbox.timeline import DAYS, IN_FLIGHT_DAY, LAST_PROVEN_MISSING_DAY, Timeline

__all__ = ["LedgerPlant", "Movement", "plan_movements"]


class LedgerPlant(StrEnum):
    """What is special about a movement between the ledger and the bank."""

    EXACT = "exact"
    LAG = "lag"
    VALUE_DATE = "value_date"
    LATE = "late"
    TYPO = "typo"
    TRUNCATED = "truncated"
    EMBEDDED = "embedded"
    AMOUNT = "amount"
    CASH_TWINS = "cash_twins"
    AMBIGUOUS = "ambiguous"
    BANK_FEE = "bank_fee"
    NEVER_AT_BANK = "never_at_bank"
    IN_FLIGHT = "in_flight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement on an account. Amounts are minor units of the account's currency.

    Attributes:
        lag_days: days by which the bank books later than the ledger.
        value_days: days by which the bank's value date is later than its booking date.
        late_days: days by which the bank's API shows the line later than it was booked.
    """

    day: int
    booked_at: dt.datetime
    amount_minor: int
    direction: str
    rail: str
    channel: str
    transaction_type: str
    name: str
    ledger_text: str
    plant: LedgerPlant = LedgerPlant.EXACT
    lag_days: int = 0
    value_days: int = 0
    late_days: int = 0


# How many of 1,000 existing movements get a plant, and the last day on which it may be.
_CHANGES = (
    (LedgerPlant.LAG, 150, IN_FLIGHT_DAY - 3),
    (LedgerPlant.VALUE_DATE, 80, IN_FLIGHT_DAY - 3),
    (LedgerPlant.LATE, 30, IN_FLIGHT_DAY - 3),
    (LedgerPlant.TYPO, 12, LAST_PROVEN_MISSING_DAY),
    (LedgerPlant.TRUNCATED, 12, LAST_PROVEN_MISSING_DAY),
    (LedgerPlant.EMBEDDED, 12, LAST_PROVEN_MISSING_DAY),
    (LedgerPlant.AMOUNT, 8, LAST_PROVEN_MISSING_DAY),
)

# How many movements beside the existing ones, of 1,000, and on which days.
_ADDITIONS = (
    (LedgerPlant.CASH_TWINS, 6, (0, LAST_PROVEN_MISSING_DAY)),
    (LedgerPlant.AMBIGUOUS, 3, (0, LAST_PROVEN_MISSING_DAY)),
    (LedgerPlant.BANK_FEE, 10, (0, LAST_PROVEN_MISSING_DAY)),
    (LedgerPlant.NEVER_AT_BANK, 6, (0, LAST_PROVEN_MISSING_DAY)),
    (LedgerPlant.IN_FLIGHT, 4, (IN_FLIGHT_DAY, IN_FLIGHT_DAY)),
)

# These get an amount of their own, so they are taken from the disbursements: a customer's payment keeps the amount that
# the three feeds tell.
_WITH_OWN_AMOUNT = frozenset({LedgerPlant.TYPO, LedgerPlant.TRUNCATED, LedgerPlant.EMBEDDED, LedgerPlant.AMOUNT})

_RAILS = ("NEFT", "NEFT", "UPI", "UPI", "IMPS")
# Own amounts are 10,000.00 apart and above every customer payment, so that no other record of the account comes near
# them: what is planted as unambiguous is unambiguous.
_RESERVED_FROM = 10_000_000
_RESERVED_STEP = 1_000_000
_FEES = (590, 1180, 1770, 2950)


def plan_movements(seed: int, timeline: Timeline, bank: str, payments: Sequence[Payment]) -> list[Movement]:
    """Every movement of the account at `bank`, in order of booking."""
    rng = stream(seed, "ledger plan", bank)
    planner = _Planner(rng, timeline)
    movements = [planner.received(payment) for payment in routed(payments, Route(bank))]
    movements += [planner.disbursed() for _ in range(max(14, len(movements) // 5))]
    planner.change(movements)
    for plant, per_thousand, days in _ADDITIONS:
        for _ in range(max(1, len(movements) * per_thousand // 1000)):
            movements.append(planner.added(plant, rng.randint(*days)))
    return sorted(movements, key=lambda movement: (movement.booked_at, movement.amount_minor, movement.plant))


class _Planner:
    """Draws movements; reserved amounts are handed out once."""

    def __init__(self, rng: random.Random, timeline: Timeline) -> None:
        self._rng = rng
        self._timeline = timeline
        self._reserved = 0

    def received(self, payment: Payment) -> Movement:
        """A customer's payment that arrived in the account."""
        rail = "UPI" if payment.method == "upi" else self._rng.choice(_RAILS)
        return Movement(
            day=payment.day,
            booked_at=payment.booked_at,
            amount_minor=payment.amount_minor,
            direction="CREDIT",
            rail=rail,
            channel="UPI" if rail == "UPI" else "ONLINE",
            transaction_type="PAYMENT",
            name=payment.payer,
            ledger_text=f"Received from {payment.payer} for {payment.reference}",
        )

    def disbursed(self) -> Movement:
        """A supplier's invoice that was paid."""
        day = self._rng.randrange(DAYS)
        name = company(self._rng)
        return Movement(
            day=day,
            booked_at=self._timeline.business_hours(day, self._rng),
            amount_minor=self._rng.randint(50_000, 9_000_000),
            direction="DEBIT",
            rail="NEFT",
            channel="ONLINE",
            transaction_type="TRANSFER",
            name=name,
            ledger_text=f"Supplier {name}",
        )

    def change(self, movements: list[Movement]) -> None:
        """Make some of the movements special, each kind at least once."""
        free = list(range(len(movements)))
        self._rng.shuffle(free)
        taken: set[int] = set()
        for plant, per_thousand, last_day in _CHANGES:
            fitting = [index for index in free if index not in taken and _fits(movements[index], plant, last_day)]
            for index in fitting[: max(1, len(movements) * per_thousand // 1000)]:
                taken.add(index)
                movements[index] = self._changed(movements[index], plant)

    def _changed(self, movement: Movement, plant: LedgerPlant) -> Movement:
        match plant:
            case LedgerPlant.LAG:
                return replace(movement, plant=plant, lag_days=self._rng.randint(1, 3))
            case LedgerPlant.VALUE_DATE:
                return replace(movement, plant=plant, value_days=self._rng.randint(1, 3))
            case LedgerPlant.LATE:
                return replace(movement, plant=plant, late_days=self._rng.randint(1, 2))
            case _:
                return replace(movement, plant=plant, amount_minor=self._reserve(), lag_days=self._rng.randint(0, 1))

    def added(self, plant: LedgerPlant, day: int) -> Movement:
        """A movement that exists only for its plant."""
        fee = plant is LedgerPlant.BANK_FEE
        cash = plant in {LedgerPlant.CASH_TWINS, LedgerPlant.AMBIGUOUS}
        name = "" if fee or cash else company(self._rng)
        return Movement(
            day=day,
            booked_at=self._timeline.business_hours(day, self._rng),
            amount_minor=self._rng.choice(_FEES) if fee else self._reserve(),
            direction="CREDIT" if cash else "DEBIT",
            rail="NEFT",
            channel="BRANCH" if cash else "ONLINE",
            transaction_type="FEE" if fee else "DEPOSIT" if cash else "TRANSFER",
            name=name,
            ledger_text="CASH DEPOSIT BY SELF" if cash else f"Supplier {name}",
            plant=plant,
        )

    def _reserve(self) -> int:
        """An amount that is the only one of its size in the account."""
        self._reserved += 1
        return _RESERVED_FROM + self._reserved * _RESERVED_STEP + self._rng.randrange(1000)


def _fits(movement: Movement, plant: LedgerPlant, last_day: int) -> bool:
    return movement.day <= last_day and (movement.direction == "DEBIT" or plant not in _WITH_OWN_AMOUNT)
