"""Which booking days a poll reads: what is new, and an overlap of days in which late postings become visible."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from producers.errors import ConfigurationError

__all__ = ["IST", "DayWindow", "complete_through", "day_windows", "local_day"]

IST = dt.timezone(dt.timedelta(hours=5, minutes=30), "IST")
"""Indian Standard Time: fixed since 1945, without daylight saving, so that no zone data is needed."""


@dataclass(frozen=True, slots=True)
class DayWindow:
    """Booking days from `first` to `last`, both included, in the bank's own time zone."""

    first: dt.date
    last: dt.date


def local_day(moment: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The bank's calendar day at an aware moment."""
    return moment.astimezone(zone).date()


def day_windows(
    read_through: dt.date | None, today: dt.date, *, start: dt.date, overlap_days: int, window_days: int
) -> Iterator[DayWindow]:
    """Windows in order, from the overlap before the last day that was read until today.

    Each window begins `overlap_days` before the end of the one before it, whether that was in this poll or an earlier one,
    so that rows of one transaction on both sides of a seam are seen together.

    Args:
        read_through: last day that an earlier poll has read, None at first. It is always read again, because it may
            have been today.
        today: the bank's calendar day of this poll.
        start: first day of a source that has never been read.
        overlap_days: how many days before `read_through` are read again.
        window_days: the longest window that the bank accepts, in days; more than `overlap_days` + 1.

    Yields:
        Windows of at most `window_days`; none when `start` is in the future.

    Raises:
        ConfigurationError: the windows would not move on.
    """
    if window_days <= overlap_days + 1:
        raise ConfigurationError(f"window_days ({window_days}) must be more than overlap_days ({overlap_days}) + 1")
    first = start if read_through is None else read_through - dt.timedelta(days=overlap_days)
    while first <= today:
        last = min(first + dt.timedelta(days=window_days - 1), today)
        yield DayWindow(first, last)
        if last == today:
            return
        first = last - dt.timedelta(days=overlap_days)


def complete_through(today: dt.date, zone: dt.tzinfo, lag_days: int) -> dt.datetime:
    """The moment (UTC) before which a bank that closes its days at local midnight has booked everything.

    Args:
        today: the bank's calendar day, which is still open.
        zone: the bank's time zone.
        lag_days: closed days that the bank may still add late postings to.
    """
    midnight = dt.datetime.combine(today - dt.timedelta(days=lag_days), dt.time(), tzinfo=zone)
    return midnight.astimezone(dt.UTC)
