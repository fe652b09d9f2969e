"""The gateway's payouts: items with fees and refunds, settled net at T+2 into the HDFC account, and what goes wrong there.

India's NEFT runs on every day of the year (since December 2019), so T+2 counts calendar days here.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from producers.sandbox.accounts import RAZORPAY_ACCOUNT, account_of
from producers.sandbox.booking import DraftLine
from producers.sandbox.labelled import Labels, Member
from producers.sandbox.model import GatewayItem, Settlement
from producers.sandbox.narration import hdfc_payout
from producers.sandbox.payments import Payment, Plant, Route, routed
from producers.sandbox.references import ReferenceSeries
from producers.sandbox.seeded import stream
from producers.sandbox.timeline import DAYS, LAST_PROVEN_MISSING_DAY, Timeline

__all__ = ["RECONCILIATION", "PayoutPlant", "Payouts", "make_payouts"]

RECONCILIATION = "razorpay-settlements"

_SETTLEMENT_DAYS = 2
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CREDIT_AFTER = dt.timedelta(hours=2)
_DELIVERY = dt.timedelta(seconds=30)
_FEE_PER_TEN_THOUSAND = 200
_GST_PERCENT = 18
_WEEKLY_CHARGE = 5_900
# A merchant may ask for its money early. The last batch is such a payout, of payments of the day before, so that it is still in
# time for every grace although its credit has not come.
_ON_DEMAND = (DAYS - 1, 9_999)
_ON_DEMAND_ITEMS = 8


class PayoutPlant(StrEnum):
    """What is special about a payout."""

    EXACT = "exact"
    LATE = "late"
    MISSING_CREDIT = "missing_credit"
    SHORT = "short"
    FEE_VARIANCE = "fee_variance"
    IN_FLIGHT = "in_flight"


@dataclass(slots=True)
class Payouts:
    """The gateway's rows and settlements, the HDFC drafts that they become, and the truth."""

    items: list[GatewayItem] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    lines: list[DraftLine] = field(default_factory=list)
    labels: Labels = field(default_factory=lambda: Labels(RECONCILIATION))


def make_payouts(seed: int, timeline: Timeline, payments: Sequence[Payment]) -> Payouts:
    """Payouts of the gateway's share of the payments."""
    payouts = Payouts()
    maker = _Maker(seed, timeline, payouts)
    batches = maker.batches(routed(payments, Route.RAZORPAY), per_day=max(1, len(payments) // 1000))
    plants = maker.plants(sorted(batches))
    for key in sorted(batches):
        maker.settle(key, batches[key], plants.get(key, PayoutPlant.EXACT))
    maker.add_credit_without_settlement()
    maker.add_other_lines()
    payouts.items.sort(key=lambda item: (item.created_at, item.entity_id))
    for item in payouts.items:
        if item.settlement_id is None:
            payouts.labels.differs("TIMING", "not_settled_yet", {_member(item)}, item.visible_at)
    return payouts


def _member(item: GatewayItem) -> Member:
    return ("razorpay", f"{RAZORPAY_ACCOUNT}:{item.entity_id}")


_BatchKey = tuple[int, int]


class _Maker:
    """Builds payouts batch by batch; a batch is (day of settlement, number within the day)."""

    def __init__(self, seed: int, timeline: Timeline, payouts: Payouts) -> None:
        self._rng = stream(seed, "payouts")
        self._timeline = timeline
        self._payouts = payouts
        self._references = ReferenceSeries(stream(seed, "payout references"))
        self._hdfc = account_of("hdfc").account_id

    def batches(self, payments: Sequence[Payment], per_day: int) -> dict[_BatchKey, list[GatewayItem]]:
        """Items by the batch that settles them; what settles after the world's end stays unsettled and is kept as such."""
        batches: dict[_BatchKey, list[GatewayItem]] = defaultdict(list)
        for position, payment in enumerate(payments):
            items = [(payment.day, self._captured(payment))]
            if payment.plant in {Plant.REVERSED, Plant.REVERSAL_MISSING}:
                items.append((payment.day + 1, self._refund(items[0][1])))
            for day, item in items:
                settled_on = day + _SETTLEMENT_DAYS
                if settled_on < DAYS:
                    batches[settled_on, position % per_day].append(item)
                elif settled_on == DAYS and len(batches[_ON_DEMAND]) < _ON_DEMAND_ITEMS and item.type == "payment":
                    batches[_ON_DEMAND].append(item)
                else:
                    self._payouts.items.append(item)
        return self._payable(batches)

    def _payable(self, batches: dict[_BatchKey, list[GatewayItem]]) -> dict[_BatchKey, list[GatewayItem]]:
        """The batches that pay something out: the gateway never debits the bank, refunds wait until payments cover them."""
        payable = {}
        waiting: list[GatewayItem] = []
        for key in sorted(batches):
            items = waiting + batches[key]
            waiting = []
            if sum(item.credit - item.debit for item in items) <= 0:
                waiting = [item for item in items if item.type == "refund"]
                items = [item for item in items if item.type != "refund"]
            if items:
                payable[key] = items
        self._payouts.items += waiting
        return payable

    def plants(self, keys: Sequence[_BatchKey]) -> dict[_BatchKey, PayoutPlant]:
        """Which batches go wrong, at least one of each kind; the in-flight one is the last of all."""
        each = max(1, len(keys) // 40)
        free = [key for key in keys if key != keys[-1]]
        self._rng.shuffle(free)
        old = [key for key in free if key[0] <= LAST_PROVEN_MISSING_DAY]
        missing = old[:each]
        rest = [key for key in free if key not in missing and key[0] <= DAYS - 4]
        wanted = (PayoutPlant.SHORT, PayoutPlant.FEE_VARIANCE, PayoutPlant.FEE_VARIANCE, PayoutPlant.LATE)
        plants = dict.fromkeys(missing, PayoutPlant.MISSING_CREDIT)
        plants.update(zip(rest, wanted * each, strict=False))
        plants[keys[-1]] = PayoutPlant.IN_FLIGHT
        return plants

    def settle(self, key: _BatchKey, items: Sequence[GatewayItem], plant: PayoutPlant) -> None:
        """Settle one batch: stamp its items, record the settlement, and book the credit that its plant leaves."""
        day, batch = key
        created_at = self._timeline.at(day, 6) + dt.timedelta(seconds=60 * (batch % 600) + batch // 600)
        settlement_id = self._entity("setl")
        utr = self._references.neft_utr(created_at.date())
        net = sum(item.credit - item.debit for item in items)
        gross = sum(item.amount for item in items if item.type == "payment")
        # One part in a thousand more than the items' own fees: what a changed plan looks like before anyone has noticed.
        extra_fee = gross // 1000 if plant is PayoutPlant.FEE_VARIANCE else 0
        payout = net - extra_fee
        settled = [replace(item, settled_at=created_at, settlement_id=settlement_id, settlement_utr=utr) for item in items]
        self._payouts.items += settled
        self._payouts.settlements.append(
            Settlement(
                settlement_id=settlement_id,
                utr=utr,
                amount=payout,
                fees=sum(item.fee for item in items) + extra_fee,
                tax=sum(item.tax for item in items),
                status="processed",
                created_at=created_at,
                visible_at=created_at + _DELIVERY,
            )
        )
        members = {_member(item) for item in items}
        credited = payout - payout // 20 if plant is PayoutPlant.SHORT else payout
        self._credit(plant, members, created_at, utr, credited)

    def _credit(self, plant: PayoutPlant, members: set[Member], created_at: dt.datetime, utr: str, amount_minor: int) -> None:
        labels, label = self._payouts.labels, f"payout_{plant}"
        match plant:
            case PayoutPlant.MISSING_CREDIT:
                labels.differs("MISSING_RIGHT", label, members, created_at + _DELIVERY)
                return
            case PayoutPlant.IN_FLIGHT:
                labels.differs("TIMING", label, members, created_at + _DELIVERY)
                return
        booked_at = created_at + _CREDIT_AFTER
        late = dt.timedelta(days=2) if plant is PayoutPlant.LATE else _DELIVERY
        line = self._payout_credit(booked_at, amount_minor, utr, booked_at + late)
        members.add(("hdfc", f"{self._hdfc}:{line.line_id}"))
        match plant:
            case PayoutPlant.SHORT:
                labels.differs("AMOUNT", label, members, line.visible_at)
            case PayoutPlant.FEE_VARIANCE:
                labels.differs("FEE_VARIANCE", label, members, line.visible_at)
            case PayoutPlant.LATE:
                labels.match("exact:late", members, line.visible_at)
            case _:
                labels.match("exact", members, line.visible_at)

    def add_credit_without_settlement(self) -> None:
        """A credit that names the gateway and a UTR which the gateway never heard of."""
        booked_at = self._timeline.at(LAST_PROVEN_MISSING_DAY - 2, 11, 30)
        utr = self._references.neft_utr(booked_at.date())
        amount = self._rng.randint(5_000_000, 9_000_000)
        visible_at = booked_at + _DELIVERY
        line = self._payout_credit(booked_at, amount, utr, visible_at)
        member = ("hdfc", f"{self._hdfc}:{line.line_id}")
        self._payouts.labels.differs("MISSING_LEFT", "credit_without_settlement", {member}, visible_at)

    def add_other_lines(self) -> None:
        """Lines of the account that no payout explains and no reconciliation of the demo asks for: they carry no reference."""
        for day in range(DAYS):
            sweep = self._rng.randint(100_000, 900_000)
            self._debit(self._timeline.at(day, 16, 30), sweep, "IB FUNDS TRANSFER DR-SWEEP TO OPERATING ACCOUNT")
            if day % 7 == 6:
                self._debit(self._timeline.at(day, 16, 45), _WEEKLY_CHARGE, "CMS CHARGES INCL GST")

    def _payout_credit(self, booked_at: dt.datetime, amount_minor: int, utr: str, visible_at: dt.datetime) -> DraftLine:
        line = DraftLine(
            line_id=self._line_id(booked_at),
            booked_at=booked_at,
            value_date=booked_at.date(),
            amount_minor=amount_minor,
            direction="CREDIT",
            channel="ONLINE",
            narration=hdfc_payout(utr),
            reference=utr,
            counterparty_name="RAZORPAY SOFTWARE PRIVATE LIMITED",
            visible_at=visible_at,
        )
        self._payouts.lines.append(line)
        return line

    def _debit(self, booked_at: dt.datetime, amount_minor: int, narration: str) -> None:
        self._payouts.lines.append(
            DraftLine(
                line_id=self._line_id(booked_at),
                booked_at=booked_at,
                value_date=booked_at.date(),
                amount_minor=amount_minor,
                direction="DEBIT",
                channel="ONLINE",
                narration=narration,
                reference=None,
                counterparty_name="",
                visible_at=booked_at + _DELIVERY,
            )
        )

    def _line_id(self, booked_at: dt.datetime) -> str:
        return f"H{booked_at:%y%m%d}{len(self._payouts.lines) + 1:06d}"

    def _captured(self, payment: Payment) -> GatewayItem:
        """The captured payment: `fee` is 2 % with 18 % GST on it, and `tax` is the GST inside."""
        base = payment.amount_minor * _FEE_PER_TEN_THOUSAND // 10_000
        tax = base * _GST_PERCENT // 100
        return GatewayItem(
            entity_id=self._entity("pay"),
            type="payment",
            amount=payment.amount_minor,
            fee=base + tax,
            tax=tax,
            credit=payment.amount_minor - base - tax,
            debit=0,
            currency="INR",
            created_at=payment.booked_at,
            settled_at=None,
            settlement_id=None,
            settlement_utr=None,
            order_id=self._entity("order"),
            order_receipt=payment.reference,
            payment_id=None,
            method=payment.method,
            visible_at=payment.booked_at + _DELIVERY,
        )

    def _refund(self, captured: GatewayItem) -> GatewayItem:
        """The whole payment back, a day later; the gateway keeps its fee."""
        day = dt.timedelta(days=1)
        return replace(
            captured,
            entity_id=self._entity("rfnd"),
            type="refund",
            fee=0,
            tax=0,
            credit=0,
            debit=captured.amount,
            created_at=captured.created_at + day,
            payment_id=captured.entity_id,
            visible_at=captured.visible_at + day,
        )

    def _entity(self, kind: str) -> str:
        """An id of Razorpay's shape: a prefix and 14 letters and digits."""
        return f"{kind}_" + "".join(self._rng.choice(_ALPHABET) for _ in range(14))
