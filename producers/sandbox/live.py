"""A trickle of new payments after the server's start, so that a running demo has something to reconcile."""

import bisect
import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from producers.sandbox.model import FeedRecord, Truth, TruthBreak, TruthMatch
from producers.sandbox.names import payer
from producers.sandbox.payments import Payment, Route
from producers.sandbox.seeded import stream
from producers.sandbox.three_way import RECONCILIATION, SIDES, told_by

__all__ = ["LIVE_PER_SECOND", "LiveTrickle"]

LIVE_PER_SECOND = 5
"""Payments a second; each is one record in each of the three feeds."""

_FIRST_NUMBER = 9_000_000  # apart from the fixed payments, whatever their count
_STATUS_BREAK_EVERY = 50


@dataclass(slots=True)
class LiveTrickle:
    """Payment k exists from `start` + k/5 seconds, and is the same one in every run with the same seed.

    Payments are made when somebody asks for a time that includes them, and kept. Safe to call from several threads.
    """

    seed: int
    start: dt.datetime
    _made: int = 0
    _records: dict[str, list[FeedRecord]] = field(default_factory=lambda: {side.feed: [] for side in SIDES})
    _matches: list[TruthMatch] = field(default_factory=list)
    _breaks: list[TruthBreak] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def feed(self, name: str, now: dt.datetime) -> Sequence[FeedRecord]:
        """Records of a feed visible at `now`, in order of visibility."""
        with self._lock:
            self._make_until(now)
            records = self._records[name]
            return records[: bisect.bisect_right(records, now, key=lambda record: record.visible_at)]

    def truth(self, now: dt.datetime) -> Truth:
        """Labels of the payments that every feed shows at `now`."""
        with self._lock:
            self._make_until(now)
            return Truth(
                matches=tuple(match for match in self._matches if match.visible_at <= now),
                breaks=tuple(found for found in self._breaks if found.visible_at <= now),
            )

    def _make_until(self, now: dt.datetime) -> None:
        elapsed = now - self.start
        if elapsed < dt.timedelta(0):
            return
        wanted = elapsed // dt.timedelta(seconds=1) * LIVE_PER_SECOND + LIVE_PER_SECOND
        for index in range(self._made, wanted):
            self._make(index)
        if wanted > self._made:
            self._made = wanted
            for records in self._records.values():
                records.sort(key=lambda record: (record.visible_at, record.record_id))

    def _make(self, index: int) -> None:
        rng = stream(self.seed, "live", index)
        booked_at = self.start + dt.timedelta(seconds=1) * index / LIVE_PER_SECOND
        payment = Payment(
            number=_FIRST_NUMBER + index,
            day=0,
            booked_at=booked_at,
            amount_minor=rng.randint(10_000, 9_000_000),
            route=Route.RAZORPAY,
            method=rng.choice(("upi", "card")),
            payer=payer(rng),
        )
        failed_at_gateway = index % _STATUS_BREAK_EVERY == _STATUS_BREAK_EVERY - 1
        members, visible_at = set(), booked_at
        for side in SIDES:
            visible = booked_at + dt.timedelta(milliseconds=rng.randint(100, 3000))
            status = "FAILED" if failed_at_gateway and side.feed == "gateway" else "SUCCESS"
            record = replace(told_by(side, payment), booked_at=booked_at, visible_at=visible, status=status)
            self._records[side.feed].append(record)
            members.add((side.feed, record.record_id))
            visible_at = max(visible_at, visible)
        if failed_at_gateway:
            self._breaks.append(TruthBreak(RECONCILIATION, "STATUS", "status", frozenset(members), visible_at))
        else:
            self._matches.append(TruthMatch(RECONCILIATION, "exact", frozenset(members), visible_at))
