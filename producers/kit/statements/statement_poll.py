"""Polling a bank's statement API: windows of booking days per account, the cursor behind them, daily statements, watermark.

The connector of a bank only reads one window (`ReadWindow`); everything that banks have in common is here. A window is
published as one page, because only a whole window says which rows are new and whether its balances hold.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producers.errors import ConfigurationError
from producers.kit.contract import BadRecord, Cursor, Page, RawObject
from producers.kit.reading.day_windows import DayWindow, complete_through, day_windows, local_day
from producers.kit.reading.overlap import PublishedDays
from producers.kit.reading.repeated_ids import RepeatedIds
from producers.kit.reading.watermarks import watermark
from producers.kit.statements.day_statements import BalanceRow, day_statements
from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, CanonicalTransaction

__all__ = ["BookedRow", "ReadWindow", "StatementPoll", "WindowContent"]


@dataclass(frozen=True, slots=True)
class BookedRow:
    """A record and what it does to its account's balance."""

    transaction: CanonicalTransaction
    balance: BalanceRow


@dataclass(slots=True)
class WindowContent:
    """Everything that the bank gives for one window of one account.

    Attributes:
        booked: good rows in the bank's order.
        bad: rows for quarantine.
        raw: originals of all the bank's pages.
        fetched: rows given, good and bad; a row that the bank repeats on its next page counts once.
    """

    booked: list[BookedRow] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)
    raw: list[RawObject] = field(default_factory=list)
    fetched: int = 0


ReadWindow = Callable[[str, DayWindow, RepeatedIds, dt.datetime], WindowContent]
"""Reads all pages of a window: account, days, the ids of repeats, time of the poll."""


@dataclass(frozen=True, slots=True)
class _AccountState:
    through: dt.date | None = None
    days: PublishedDays = field(default_factory=PublishedDays)
    repeats: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: Mapping[str, Any] | None) -> "_AccountState":
        if not stored:
            return cls()
        try:
            return cls(dt.date.fromisoformat(stored["through"]), PublishedDays(stored["days"]), stored["repeats"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"the stored cursor is none of this connector ({error!r}); reset the source's cursor"
            ) from error

    def dump(self) -> dict[str, Any]:
        assert self.through is not None
        return {"through": self.through.isoformat(), "days": self.days.to_json(), "repeats": dict(self.repeats)}


def _unpublished(content: WindowContent, days: PublishedDays, today: dt.date) -> list[CanonicalTransaction]:
    """What of a window is new, in the bank's order within each day; `days` is brought up to date."""
    by_day: dict[dt.date, list[CanonicalTransaction]] = {}
    for row in content.booked:
        by_day.setdefault(row.balance.day, []).append(row.transaction)
    return [record for day, records in by_day.items() for record in days.take(day, records, final=day < today)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPoll:
    """How one source's accounts are polled.

    Attributes:
        config: the source.
        accounts: account numbers, polled in this order.
        currency: currency of the accounts.
        zone: the bank's time zone, in which its booking days are.
        start_date: first booking day of an account that was never read; `initial_days` before today when None.
        initial_days: see `start_date`.
        overlap_days: days that each poll reads again for late postings.
        window_days: the longest window of one request.
        complete_lag_days: closed days that still count as incomplete.
    """

    config: SourceConfig
    accounts: Sequence[str]
    currency: str
    zone: dt.tzinfo
    start_date: dt.date | None
    initial_days: int
    overlap_days: int
    window_days: int
    complete_lag_days: int

    def pages(self, cursor: Cursor, now: dt.datetime, read_window: ReadWindow) -> Iterator[Page]:
        """One page for each window of each account; the last one of an account carries its watermark.

        Args:
            cursor: the last confirmed position.
            now: time of the poll, aware UTC.
            read_window: reads a window from the bank.

        Yields:
            Pages whose cursor is behind their window. Rows of a day that an earlier poll has published are left out as long
            as the bank gives them unchanged and in front; otherwise the whole day is published again under the same ids,
            and a row that the bank has corrected with its next revision.
        """
        stored: dict[str, Any] = dict(cursor.get("accounts", {}))
        today = local_day(now, self.zone)
        start = self.start_date or today - dt.timedelta(days=self.initial_days)
        for account in self.accounts:
            state = _AccountState.load(stored.get(account))
            for window in day_windows(
                state.through, today, start=start, overlap_days=self.overlap_days, window_days=self.window_days
            ):
                ids = RepeatedIds(state.repeats)
                content = read_window(account, window, ids, now)
                new = _unpublished(content, state.days, today)
                kept_from = window.last - dt.timedelta(days=self.overlap_days)
                state.days.forget_before(kept_from)
                following = _AccountState(window.last, state.days, ids.memory(kept_from))
                stored[account] = following.dump()
                statements: list[CanonicalStatement] = []
                if new or window.last != state.through:
                    statements += self._closed_days(account, content, now)
                if window.last == today:
                    statements.append(self._watermark(account, now))
                yield Page(
                    cursor={"accounts": dict(stored)},
                    transactions=new,
                    statements=statements,
                    bad=content.bad,
                    raw=content.raw if new or content.bad else (),
                    fetched=content.fetched,
                )
                state = following

    def _closed_days(self, account: str, content: WindowContent, now: dt.datetime) -> Iterator[CanonicalStatement]:
        if content.bad:
            # A row that is in quarantine is missing from the sums, so every proof of this window would accuse the bank.
            return
        today = local_day(now, self.zone)
        yield from day_statements(
            [row.balance for row in content.booked if row.balance.day < today],
            source=self.config.name,
            tenant_id=self.config.tenant_id,
            account_id=account,
            currency=self.currency,
            ingested_at=now,
        )

    def _watermark(self, account: str, now: dt.datetime) -> CanonicalStatement:
        through = complete_through(local_day(now, self.zone), self.zone, self.complete_lag_days)
        return watermark(self.config, through, now, account_id=account, currency=self.currency)
