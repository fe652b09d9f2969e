"""Business days: when a counterpart is due. Days are UTC dates; nothing here reads a clock."""

import datetime as dt
from dataclasses import dataclass

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

    def due_at(self, booked_at: dt.datetime) -> dt.datetime:
        """End (UTC, exclusive) of the last day on which the counterpart of a record is still in time.

        A source that is complete through this moment and has no counterpart never will have one in time.
        """
        last = self.add_business_days(booked_at.astimezone(dt.UTC).date(), self.grace)
        return dt.datetime.combine(last + _ONE_DAY, dt.time(), tzinfo=dt.UTC)
