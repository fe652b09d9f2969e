"""What a delimited file does not say of itself, taken from its whole columns: date format and decimal separator.

One unambiguous value decides for the column. When no value does, nothing is guessed: the file is refused and the feed must say.
"""

import datetime as dt
import re
from functools import lru_cache

from producers.errors import FileFormatError

__all__ = ["DateCell", "DateFormats", "DecimalSeparators", "NumberCell"]


class DateCell(str):
    """A date that a spreadsheet stores as one, ISO 8601: it has no format of its own to be told."""

    __slots__ = ()


class NumberCell(str):
    """A number that a spreadsheet stores as one, with a decimal point and no groups."""

    __slots__ = ()


_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y", "%m-%d-%Y",
    "%d-%m-%y", "%d/%m/%y", "%d.%m.%y", "%m/%d/%y",
    "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y",
)  # fmt: skip
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}.*$")
_COMMA_DECIMAL = re.compile(r"^\d{1,3}(?:\.\d{3})+,\d+$|^\d+,\d{1,2}$|^\d+,\d{4,}$|^,\d+$|^\d{1,3}(?:\.\d{3}){2,}$", re.ASCII)
_POINT_DECIMAL = re.compile(r"^\d{1,3}(?:,\d{2,3})+\.\d+$|^\d+\.\d{1,2}$|^\d+\.\d{4,}$|^\.\d+$|^\d{1,3}(?:,\d{2,3}){2,}$", re.ASCII)


def day_text(text: str) -> str:
    """The date part of a date with a time of day."""
    return _TIME.sub("", text.strip())


class DateFormats:
    """Formats that every date seen so far fits."""

    def __init__(self, declared: str | tuple[str, ...] | None) -> None:
        self._candidates = [declared] if isinstance(declared, str) else list(declared or _FORMATS)
        self._seen = self._cells = 0

    @property
    def _only_cells(self) -> bool:
        return self._cells > 0 and not self._seen

    def see(self, text: str) -> None:
        """One value of the column; a value that fits no candidate is left for the row to be refused."""
        if isinstance(text, DateCell):
            self._cells += 1
            return
        if len(self._candidates) == 1:
            return
        fitting = [candidate for candidate in self._candidates if _date(text, candidate) is not None]
        if fitting:
            self._candidates = fitting
            self._seen += 1

    def decide(self) -> str:
        """The format.

        Raises:
            FileFormatError: day and month cannot be told apart, or no value was a date.
        """
        if len(self._candidates) > 1 and self._only_cells:
            return self._candidates[0]
        if len(self._candidates) > 1:
            several = self._candidates if self._seen else self._candidates[:2]
            raise FileFormatError(
                f"the dates fit several formats ({', '.join(several)}) and no date decides; set date_format of the mapping"
            )
        return self._candidates[0]


def parse_day(text: str, date_format: str) -> dt.date:
    """The date.

    Raises:
        ValueError: the text has not that format, or no calendar has the day.
    """
    if isinstance(text, DateCell):
        return dt.date.fromisoformat(text)
    found = _date(text, date_format)
    if found is None:
        raise ValueError(f"{text!r} is no date of format {date_format}")
    return found


# A statement has few days and many rows.
@lru_cache(maxsize=4096)
def _date(text: str, date_format: str) -> dt.date | None:
    plain = text.strip() if "%H" in date_format else day_text(text)
    try:
        return dt.datetime.strptime(plain, date_format).date()  # noqa: DTZ007 (a bank's local date has no zone)
    except ValueError:
        return None


class DecimalSeparators:
    """Decimal separator that the amounts seen so far show."""

    def __init__(self, declared: str | None) -> None:
        self._declared = declared
        self._found: set[str] = set()
        self._undecided = ""

    def see(self, text: str) -> None:
        """One amount."""
        if self._declared or isinstance(text, NumberCell):
            return
        plain = text.strip().lstrip("+-").strip()
        if _POINT_DECIMAL.match(plain):
            self._found.add(".")
        elif _COMMA_DECIMAL.match(plain):
            self._found.add(",")
        elif "," in plain or "." in plain:
            self._undecided = plain

    def decide(self) -> str:
        """The separator.

        Raises:
            FileFormatError: the column mixes both, or only has amounts such as `1.234` that may be either.
        """
        if self._declared:
            return self._declared
        if len(self._found) > 1 or (self._undecided and not self._found):
            shown = f"only amounts such as {self._undecided!r}" if not self._found else "both point and comma as decimal separator"
            raise FileFormatError(f"the amounts have {shown}; set decimal of the mapping")
        return next(iter(self._found), ".")
