"""Dates of QIF: `1/31'26`, `31/01/2026`, `1-31-98`, `2026-01-31`; which number is the day is told by the file as a whole."""

import datetime as dt
import re

from producers.errors import FileFormatError, RecordError

__all__ = ["DayOrder"]

_DATE = re.compile(r"\s*(\d{1,4})\s*[/.\-]\s*(\d{1,2})\s*([/.\-'])\s*(\d{1,4})\s*", re.ASCII)
_CENTURY = 70
"""Two digits of a year behind a slash: 70 to 99 are of the twentieth century; behind an apostrophe all are of this one."""


class DayOrder:
    """Whether the day stands before the month.

    Args:
        declared: a date format of the feed, such as `%d/%m/%Y`, of which only the order counts; None to take it from the dates.
    """

    def __init__(self, declared: str | None) -> None:
        self._declared = "%d" in declared and declared.index("%d") < declared.find("%m") if declared else None
        self._day_first = False
        self._month_first = False
        self._ambiguous = ""

    def see(self, text: str) -> None:
        """One date of the file."""
        match = _DATE.fullmatch(text)
        if match is None or len(match[1]) > 2:
            return
        first, second = int(match[1]), int(match[2])
        self._day_first |= first > 12 >= second
        self._month_first |= second > 12 >= first
        if first != second and first <= 12 and second <= 12:
            self._ambiguous = text.strip()

    def decide(self) -> bool:
        """True when the day comes first.

        Raises:
            FileFormatError: the dates do not tell, or contradict each other.
        """
        if self._declared is not None:
            return self._declared
        if self._day_first and self._month_first:
            raise FileFormatError("some dates have the day first and some the month; set date_format of the mapping")
        if self._ambiguous and not (self._day_first or self._month_first):
            raise FileFormatError(
                f"dates such as {self._ambiguous} fit day/month and month/day, and none decides; set date_format of the mapping"
            )
        return self._day_first

    @staticmethod
    def parse(text: str, *, day_first: bool) -> dt.date:
        """The date.

        Raises:
            RecordError: it is none.
        """
        match = _DATE.fullmatch(text)
        if match is None:
            raise RecordError(f"{text[:40]!r} is no date")
        numbers = [int(match[1]), int(match[2]), int(match[4])]
        if len(match[1]) > 2:
            year, month, day = numbers
        else:
            day, month, year = numbers if day_first else [numbers[1], numbers[0], numbers[2]]
            if len(match[4]) <= 2:
                year += 2000 if match[3] == "'" or year < _CENTURY else 1900
        try:
            return dt.date(year, month, day)
        except ValueError as error:
            raise RecordError(f"{text[:40]!r} is in no calendar") from error
