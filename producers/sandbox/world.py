"""The seeded world: one list of payments, told by banks, gateway and feeds as `producers.sandbox.model` describes it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from producers.sandbox.accounts import ACCOUNTS, account_of
from producers.sandbox.booking import book
from producers.sandbox.labelled import Labels
from producers.sandbox.ledger import make_ledger
from producers.sandbox.live import LiveTrickle
from producers.sandbox.model import BankLine, FeedRecord, GatewayItem, Settlement, Truth
from producers.sandbox.payments import make_payments
from producers.sandbox.payouts import make_payouts
from producers.sandbox.three_way import ThreeWay
from producers.sandbox.timeline import Timeline

__all__ = ["SeededWorld"]

_LEDGER_BANKS = ("icici", "sbi", "camt", "mt940")
_LONGEST_DELAY = dt.timedelta(days=4)


class SeededWorld:
    """A `producers.sandbox.model.World` that is a function of its arguments alone.

    Fourteen days end before `as_of` 00:00 UTC. By then everything is visible, except what is planted as in flight: its
    counterpart belongs to a later day and never comes. Of the planted missing counterparts none is booked later than
    `as_of` - 6, so a grace of up to three business days tells them from what is in flight.
    """

    def __init__(
        self, seed: int, as_of: dt.date, payments: int = 3000, live: bool = False, live_from: dt.datetime | None = None
    ) -> None:
        """Generate the world.

        Args:
            seed: chooses the world.
            as_of: the first day after the world's fourteen days.
            payments: how many payments; the rest of the world grows with them.
            live: whether about five payments a second follow.
            live_from: when they begin, aware UTC; `as_of` 00:00 UTC when not given.

        Raises:
            ConfigurationError: too few payments to plant every case.
        """
        self._timeline = Timeline(as_of)
        listed = make_payments(seed, self._timeline, payments)
        three_way = ThreeWay(self._timeline, seed)
        three_way.tell(listed)
        three_way.add_odd_records()
        payouts = make_payouts(seed, self._timeline, listed)
        ledgers = [make_ledger(seed, self._timeline, bank, listed) for bank in _LEDGER_BANKS]

        self._feeds = {name: list(records) for name, records in three_way.records.items()}
        for ledger in ledgers:
            self._feeds["core"] += ledger.entries
        for records in self._feeds.values():
            records.sort(key=lambda record: (record.booked_at, record.record_id, record.revision))
        self._lines = {ledger.account.bank: book(ledger.account, ledger.lines) for ledger in ledgers}
        self._lines["hdfc"] = book(account_of("hdfc"), payouts.lines)
        self._items = tuple(payouts.items)
        self._settlements = tuple(payouts.settlements)
        self._truth = _truth_of([three_way.labels, payouts.labels, *(ledger.labels for ledger in ledgers)])
        self._live = LiveTrickle(seed, live_from or self._timeline.end) if live else None

    @property
    def as_of(self) -> dt.date:
        """The first day after the world's fourteen days."""
        return self._timeline.as_of

    def bank_lines(self, bank: str, account_id: str, now: dt.datetime) -> Sequence[BankLine]:
        """Lines of an account visible at `now`; none for an account that the bank does not keep."""
        if account_id not in self.accounts(bank):
            return ()
        return [line for line in self._lines[bank] if line.visible_at <= now]

    def accounts(self, bank: str) -> Sequence[str]:
        """Account numbers at one bank."""
        return [account.account_id for account in ACCOUNTS if account.bank == bank]

    def opening_balance(self, bank: str, account_id: str) -> int:
        """Balance before the first line, minor units.

        Raises:
            KeyError: the bank has no such account.
        """
        account = account_of(bank)
        if account.account_id != account_id:
            raise KeyError(account_id)
        return account.opening_minor

    def gateway_items(self, now: dt.datetime) -> Sequence[GatewayItem]:
        """Razorpay's rows visible at `now`; what will be settled later is not settled yet."""
        return [_as_known(item, now) for item in self._items if item.visible_at <= now]

    def settlements(self, now: dt.datetime) -> Sequence[Settlement]:
        """Razorpay's settlements visible at `now`."""
        return [settlement for settlement in self._settlements if settlement.visible_at <= now]

    def feed(self, name: str, now: dt.datetime) -> Sequence[FeedRecord]:
        """Every revision of a feed's records visible at `now`.

        Raises:
            KeyError: there is no such feed.
        """
        fixed = [record for record in self._feeds[name] if record.visible_at <= now]
        if self._live is None:
            return fixed
        # The trickle is booked after every fixed record, so appending keeps the order.
        live = sorted(self._live.feed(name, now), key=lambda record: (record.booked_at, record.record_id))
        return [*fixed, *live]

    def complete_through(self, now: dt.datetime) -> dt.datetime:
        """The end of the world's last day; before that, the time beyond which nothing is late any more.

        Like a bank, the sandbox certifies whole days only, so that the trickle of today stays provisional.
        """
        return self._timeline.end if now >= self._timeline.end else now - _LONGEST_DELAY

    def truth(self, now: dt.datetime) -> Truth:
        """Labels of everything visible at `now`."""
        live = self._live.truth(now) if self._live else Truth()
        return Truth(
            matches=(*(match for match in self._truth.matches if match.visible_at <= now), *live.matches),
            breaks=(*(found for found in self._truth.breaks if found.visible_at <= now), *live.breaks),
        )


def _as_known(item: GatewayItem, now: dt.datetime) -> GatewayItem:
    if item.settled_at is None or item.settled_at <= now:
        return item
    return replace(item, settled_at=None, settlement_id=None, settlement_utr=None)


def _truth_of(labels: Iterable[Labels]) -> Truth:
    collected = list(labels)
    return Truth(
        matches=tuple(match for part in collected for match in part.matches),
        breaks=tuple(found for part in collected for found in part.breaks),
    )
