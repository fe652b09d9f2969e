"""The days that the world spans, and times of day on which every institution's calendar agrees."""

import datetime as dt
import random
from dataclasses import dataclass

__all__ = ["DAYS", "IN_FLIGHT_DAY", "LAST_PROVEN_MISSING_DAY", "Timeline"]

DAYS = 14
"""The world spans this many days, the last one being the day before `as_of`."""

IN_FLIGHT_DAY = DAYS - 1
"""Only records of this day may still wait for their counterpart, so that any grace of a business day covers them."""

LAST_PROVEN_MISSING_DAY = 8
"""A missing counterpart is planted no later than this day: five days, so three business days, before the watermarks."""

# 06:00 to 17:00 UTC is the same calendar day in India, Europe and UTC; a booking never changes its date by conversion.
_OPENS = dt.time(6, 0, tzinfo=dt.UTC)
_OPEN_SECONDS = 11 * 3600
_FILE_TIME = dt.time(22, 0, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Day numbers 0 to 13 of a world that ends before `as_of` 00:00 UTC."""

    as_of: dt.date

    @property
    def end(self) -> dt.datetime:
        """`as_of` 00:00 UTC; everything of the fixed world is booked and visible before it."""
        return dt.datetime.combine(self.as_of, dt.time(), dt.UTC)

    def date(self, day: int) -> dt.date:
        """The date of a day number; numbers outside 0 to 13 are dates outside the world."""
        return self.as_of - dt.timedelta(days=DAYS - day)

    def at(self, day: int, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
        """A UTC time on a day."""
        return dt.datetime.combine(self.date(day), dt.time(hour, minute, second), dt.UTC)

    def business_hours(self, day: int, rng: random.Random) -> dt.datetime:
        """A whole second between 06:00 and 17:00 UTC of a day."""
        return dt.datetime.combine(self.date(day), _OPENS) + dt.timedelta(seconds=rng.randrange(_OPEN_SECONDS))

    def statement_time(self, day: int) -> dt.datetime:
        """When the statement file of a day is delivered: 22:00 UTC of the same day."""
        return dt.datetime.combine(self.date(day), _FILE_TIME)

    def day_of(self, date: dt.date) -> int:
        """The day number of a date."""
        return DAYS - (self.as_of - date).days
