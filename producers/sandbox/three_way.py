"""The three coordinated feeds: core, gateway and mobile tell every payment, some of them wrongly, and the truth about it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from producers.sandbox.accounts import CORE_ACCOUNT, GATEWAY_ACCOUNT, MOBILE_ACCOUNT
from producers.sandbox.labelled import Labels, Member
from producers.sandbox.model import FeedRecord
from producers.sandbox.payments import Payment, Plant
from producers.sandbox.planted_breaks import BREAKS, Told, reversal_of, revise
from producers.sandbox.seeded import stream
from producers.sandbox.timeline import Timeline

__all__ = ["RECONCILIATION", "SIDES", "Side", "ThreeWay", "told_by"]

RECONCILIATION = "payments-three-way"


@dataclass(frozen=True, slots=True)
class Side:
    """One feed's way of telling a payment."""

    feed: str
    prefix: str
    account_id: str
    channel: str
    lag: dt.timedelta


SIDES = (
    Side("core", "CORE", CORE_ACCOUNT, "ONLINE", dt.timedelta(0)),
    Side("gateway", "GW", GATEWAY_ACCOUNT, "ONLINE", dt.timedelta(seconds=2)),
    Side("mobile", "MOB", MOBILE_ACCOUNT, "MOBILE", dt.timedelta(seconds=5)),
)

_DELIVERY = dt.timedelta(seconds=30)
_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)


def told_by(side: Side, payment: Payment) -> FeedRecord:
    """The payment as a side tells it when nothing goes wrong."""
    booked_at = payment.booked_at + side.lag
    return FeedRecord(
        record_id=f"{side.prefix}-{payment.number:07d}",
        revision=0,
        account_id=side.account_id,
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        direction="CREDIT",
        status="SUCCESS",
        channel="UPI" if payment.method == "upi" else side.channel,
        transaction_type="PAYMENT",
        booked_at=booked_at,
        value_date=booked_at.date(),
        description=f"Payment {payment.reference} by {payment.payer}",
        visible_at=booked_at + _DELIVERY,
        counterparty_name=payment.payer,
    )


@dataclass(slots=True)
class ThreeWay:
    """Feeds under construction: `records` by feed name, `labels` the truth."""

    timeline: Timeline
    seed: int
    records: dict[str, list[FeedRecord]] = field(default_factory=lambda: {side.feed: [] for side in SIDES})
    labels: Labels = field(default_factory=lambda: Labels(RECONCILIATION))

    def tell(self, payments: Iterable[Payment]) -> None:
        """Tell every payment on every side, as its plant asks for, and label it."""
        for payment in payments:
            self._tell_one(payment)

    def add_odd_records(self) -> None:
        """Records that are in no group: one malformed per feed (for quarantine), and entries that the mobile feed withdraws."""
        for number, side in enumerate(SIDES, start=1):
            odd = replace(self._odd(side, number), record_id=f"{side.prefix}-MALFORMED-{number}", amount_text="12.3.4")
            self.records[side.feed].append(odd)
        for number in (4, 5):
            mistaken = replace(self._odd(SIDES[2], number), record_id=f"MOB-MISTAKE-{number}")
            withdrawn = replace(mistaken, revision=1, status="VOID", visible_at=mistaken.visible_at + _HOUR)
            self.records["mobile"] += [mistaken, withdrawn]

    def _odd(self, side: Side, number: int) -> FeedRecord:
        booked_at = self.timeline.at(2 + number, 9, number)
        return FeedRecord(
            record_id="",
            revision=0,
            account_id=side.account_id,
            reference=f"ODD{number:07d}",
            amount_minor=10_000 + number,
            currency="INR",
            direction="CREDIT",
            status="SUCCESS",
            channel=side.channel,
            transaction_type="PAYMENT",
            booked_at=booked_at,
            value_date=booked_at.date(),
            description="Test entry",
            visible_at=booked_at + _DELIVERY,
        )

    def _tell_one(self, payment: Payment) -> None:
        rng = stream(self.seed, "three-way", payment.number)
        told = {side.feed: [told_by(side, payment)] for side in SIDES}
        odd_feed = SIDES[rng.randrange(3)].feed
        match payment.plant:
            case Plant.LATE:
                revise(told, odd_feed, visible_at=told[odd_feed][0].visible_at + rng.randint(1, 3) * _DAY)
            case Plant.PENDING_THEN_BOOKED:
                self._then(told["gateway"], rng.randint(1, 6) * _HOUR, status="PENDING")
            case Plant.REFERENCE_CHANGED:
                provisional = f"TMP{rng.randrange(10**9):09d}"
                self._then(told["mobile"], _HOUR, status="PENDING", reference=provisional)
            case Plant.CORRECTED:
                self._then(told["core"], 2 * _HOUR, amount_minor=payment.amount_minor + 100 * rng.randint(1, 9))
            case Plant.REDELIVERED:
                first = told[odd_feed][0]
                told[odd_feed].append(replace(first, visible_at=first.visible_at + 2 * _HOUR))
            case Plant.REFERENCE_FORM:
                revise(told, "mobile", reference=f" pay-{payment.number // 1000:04d} {payment.number % 1000:03d}")
            case Plant.REVERSED:
                for side in SIDES:
                    told[side.feed].append(reversal_of(told[side.feed][0]))
            case Plant.EXACT | Plant.TWIN:
                pass
            case _:
                self._tell_break(payment, told, odd_feed, rng.randint(1, 9))
                return
        self._keep(told)
        label = "exact" if payment.plant is Plant.EXACT else f"exact:{payment.plant}"
        self.labels.match(label, _members(told), _visible_at(told))

    def _tell_break(self, payment: Payment, told: Told, odd_feed: str, number: int) -> None:
        """Plants that end as a break, or, when the payment failed everywhere, as nothing at all."""
        match payment.plant:
            case Plant.FAILED:
                for side in SIDES:
                    revise(told, side.feed, status="FAILED")
                self._keep(told)
            case Plant.DUPLICATE:
                self._tell_duplicate(told, odd_feed)
            case Plant.REFERENCE_TYPO:
                self._tell_typo(payment, told)
            case _:
                kind = BREAKS[payment.plant](told, payment, odd_feed, number)
                self._keep(told)
                self.labels.differs(kind, str(payment.plant), _members(told), _visible_at(told))

    def _tell_typo(self, payment: Payment, told: Told) -> None:
        """The mobile feed's reference is mistyped: by the key, two payments that each lack a side."""
        revise(told, "mobile", reference=f"PYA{payment.number:07d}")
        self._keep(told)
        astray = _members({"mobile": told["mobile"]})
        label, visible_at = str(payment.plant), _visible_at(told)
        self.labels.differs("MISSING_LEFT", label, astray, visible_at)
        self.labels.differs("MISSING_RIGHT", label, _members(told) - astray, visible_at)

    def _tell_duplicate(self, told: Told, feed: str) -> None:
        """A second record of the same payment: the first stays in the match, the later one is the break."""
        self.labels.match("exact:duplicate", _members(told), _visible_at(told))
        first = told[feed][0]
        later = dt.timedelta(minutes=1)
        copy = replace(
            first,
            record_id=f"{first.record_id}-2",
            booked_at=first.booked_at + later,
            visible_at=first.visible_at + later,
        )
        told[feed].append(copy)
        self._keep(told)
        self.labels.differs("DUPLICATE", "duplicate", {(feed, copy.record_id)}, copy.visible_at)

    def _then(self, records: list[FeedRecord], after: dt.timedelta, **before: object) -> None:
        """Make the record a second revision that comes later; the first one had the fields of `before`."""
        final = records[0]
        records[:] = [
            replace(final, **before),  # type: ignore[arg-type]  # field names and types are the callers'
            replace(final, revision=1, visible_at=final.visible_at + after),
        ]

    def _keep(self, told: Mapping[str, Sequence[FeedRecord]]) -> None:
        for feed, records in told.items():
            self.records[feed] += records


def _members(told: Mapping[str, Sequence[FeedRecord]]) -> frozenset[Member]:
    return frozenset((feed, record.record_id) for feed, records in told.items() for record in records)


def _visible_at(told: Mapping[str, Sequence[FeedRecord]]) -> dt.datetime:
    return max(record.visible_at for records in told.values() for record in records)
