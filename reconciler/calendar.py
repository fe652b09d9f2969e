"""Business days: when a counterpart is due. Days are UTC dates; nothing here reads a clock."""

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["WEEKDAYS", "BusinessCalendar"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Names of the days in the order of `date.weekday()`."""

_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCalendar:
    """Which days count, and how many of them a counterpart may take.

    Attributes:
        weekend: numbers of the days that never count, as `date.weekday()` has them (5 is Saturday).
        holidays: further days that do not count.
        grace: business days after the booking date that a counterpart may take; 0 means the same day.
    """

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[dt.date] = frozenset()
    grace: int = 1

    def is_business_day(self, day: dt.date) -> bool:
        """Whether `day` is neither weekend nor holiday."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def add_business_days(self, day: dt.date, count: int) -> dt.date:
        """The `count`-th business day after `day`; `day` itself for 0, whether it is a business day or not."""
        while count > 0:
            day += _ONE_DAY
            if self.is_business_day(day):
                count -= 1
        return day

    def days_from(self, first: int, last: int) -> int:
        """Business days from one ordinal day to another: those after the earlier one, up to and with the later; negative backwards.

        From Friday to the Sunday after it there are none, from Friday to Monday there is one.
        """
        return _count_through(self, last) - _count_through(self, first)

    def window(self, day: int, before: int, after: int) -> tuple[int, int]:
        """The first and the last ordinal day that are at most so many business days before and after `day`."""
        return _window(self, day, before, after)

    def due_at(self, booked_at: dt.datetime) -> dt.datetime:
        """End (UTC, exclusive) of the last day on which the counterpart of a record is still in time.

        A source that is complete through this moment and has no counterpart never will have one in time.
        """
        last = self.add_business_days(booked_at.astimezone(dt.UTC).date(), self.grace)
        return dt.datetime.combine(last + _ONE_DAY, dt.time(), tzinfo=dt.UTC)


@lru_cache(maxsize=1 << 16)
def _count_through(calendar: BusinessCalendar, day: int) -> int:
    """Business days from 1 January of year 1 through an ordinal day."""
    working = [number for number in range(len(WEEKDAYS)) if number not in calendar.weekend]
    # Ordinal 1 is a Monday, as `date.weekday()` has it.
    weeks, rest = divmod(day, len(WEEKDAYS))
    holidays = _holidays(calendar)
    return weeks * len(working) + sum(number < rest for number in working) - bisect_right(holidays, day)


@lru_cache(maxsize=1 << 16)
def _window(calendar: BusinessCalendar, day: int, before: int, after: int) -> tuple[int, int]:
    earliest, latest = day, day
    while calendar.days_from(earliest - 1, day) <= before:
        earliest -= 1
    while calendar.days_from(day, latest + 1) <= after:
        latest += 1
    return earliest, latest


@lru_cache(maxsize=64)
def _holidays(calendar: BusinessCalendar) -> tuple[int, ...]:
    """Ordinal days of the holidays that are not on a weekend anyway, ascending."""
    return tuple(sorted(day.toordinal() for day in calendar.holidays if day.weekday() not in calendar.weekend))
