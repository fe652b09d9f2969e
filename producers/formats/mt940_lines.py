"""What the single fields of MT940/MT942 mean: balances, account, statement number, and the statement line of field 61."""

import datetime as dt
import re
from functools import lru_cache
from typing import NamedTuple

from producers.errors import RecordError
from producers.formats.contract import Balance, EntryStatus
from producers.formats.minor_units import unsigned_minor
from producers.formats.references import clean_reference
from schemas.records import Direction

__all__ = ["StatementLine", "parse_account", "parse_balance", "parse_date", "parse_number", "parse_statement_line", "parse_totals"]

# The order of the marks matters: RC is a mark, but CR is the mark C with the funds letter R (EUR).
_LINE = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}| {4})? *(?P<mark>RC|RD|EC|ED|C|D)(?P<funds>[A-Z])?(?P<amount>\d+(?:,\d*)?)"
    r"(?:(?P<type>[A-Z][A-Z0-9 ]{3})(?P<rest>.*))?",
    re.ASCII | re.DOTALL,
)
_BALANCE = re.compile(r"(?P<mark>[CD])(?P<date>\d{6})(?P<currency>[A-Z]{3})?(?P<amount>\d+(?:,\d*)?)\s*", re.ASCII)
_TOTALS = re.compile(r"(?P<count>\d{1,5})(?P<currency>[A-Z]{3})(?P<amount>\d+(?:,\d*)?)\s*", re.ASCII)
_NUMBER = re.compile(r"\s*(?P<number>\d+)?(?:/(?P<page>\d+))?", re.ASCII)
_CENTURY_PIVOT = 80
"""Two-digit years from 80 are 19xx: MT940 is not older than that."""


class Mark(NamedTuple):
    """What the debit/credit mark of field 61 says."""

    direction: Direction
    is_reversal: bool
    status: EntryStatus


_MARKS = {
    "C": Mark(Direction.CREDIT, is_reversal=False, status=EntryStatus.BOOKED),
    "D": Mark(Direction.DEBIT, is_reversal=False, status=EntryStatus.BOOKED),
    "RC": Mark(Direction.DEBIT, is_reversal=True, status=EntryStatus.BOOKED),
    "RD": Mark(Direction.CREDIT, is_reversal=True, status=EntryStatus.BOOKED),
    "EC": Mark(Direction.CREDIT, is_reversal=False, status=EntryStatus.EXPECTED),
    "ED": Mark(Direction.DEBIT, is_reversal=False, status=EntryStatus.EXPECTED),
}


class EntryDates(NamedTuple):
    """Dates of field 61. `impossible` is a date as written that no calendar has (30 February of 30/360 banks)."""

    value: dt.date | None
    booking: dt.date | None
    impossible: str | None


class StatementLine(NamedTuple):
    """Field 61."""

    dates: EntryDates
    mark: Mark
    amount_minor: int
    code: str | None
    customer_reference: str | None
    bank_reference: str | None
    supplementary: str


def _year(text: str) -> int:
    year = int(text)
    return year + (1900 if year >= _CENTURY_PIVOT else 2000)


def parse_date(text: str) -> dt.date | None:
    """Date of `YYMMDD`; None when the calendar has no such day."""
    try:
        return dt.date(_year(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def _entry_dates(value: str, entry: str | None) -> EntryDates:
    value_date = parse_date(value)
    impossible = None if value_date is not None else value
    if entry is None or entry == "    ":
        return EntryDates(value_date, value_date, impossible)
    booking_date = _booking_date(entry, value_date, _year(value[:2]))
    if booking_date is None:
        return EntryDates(value_date, value_date, entry)
    return EntryDates(value_date, booking_date, impossible)


def _booking_date(month_day: str, value_date: dt.date | None, fallback_year: int) -> dt.date | None:
    """Date of `MMDD` in the year that puts it nearest to the value date (31 December against 2 January)."""
    month, day = int(month_day[:2]), int(month_day[2:])
    year = value_date.year if value_date is not None else fallback_year
    candidates = []
    for candidate in (year - 1, year, year + 1) if value_date is not None and value_date.month != month else (year,):
        try:
            candidates.append(dt.date(candidate, month, day))
        except ValueError:
            continue
    if value_date is None or not candidates:
        return candidates[0] if candidates else None
    return min(candidates, key=lambda candidate: abs((candidate - value_date).days))


def parse_statement_line(text: str, currency: str) -> StatementLine:
    """Field 61, with its supplementary lines.

    Source: SWIFT MT940 field 61, `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]` and `[34x]`; marks RC and RD reverse a credit and a debit, so
    RC takes money away. EC and ED of MT942 are announced, not booked.

    Raises:
        RecordError: the line has not this shape.
        AmountError: the amount does not fit the currency.
    """
    first, _, supplementary = text.partition("\n")
    match = _LINE.match(first)
    if match is None:
        raise RecordError(f"field 61 {first[:60]!r} is no statement line; ask the bank for the statement again")
    value, entry, mark, _, amount, code, rest = match.groups()
    customer, _, bank = (rest or "").partition("//")
    return StatementLine(
        _entry_dates(value, entry),
        _MARKS[mark],
        unsigned_minor(amount, currency, decimal=","),
        code.rstrip() if code else None,
        clean_reference(customer),
        clean_reference(bank),
        supplementary,
    )


def parse_balance(text: str, default_currency: str) -> tuple[Balance, str]:
    """Balance and currency of fields 60 and 62; some banks leave the currency out.

    Raises:
        RecordError: the field is no balance, or has no currency and none is known.
        AmountError: the amount does not fit the currency.
    """
    match = _BALANCE.fullmatch(text.partition("\n")[0])
    if match is None:
        raise RecordError(f"balance {text[:40]!r} is not `C|D YYMMDD CUR amount`")
    currency = match["currency"] or default_currency
    if not currency:
        raise RecordError(f"balance {text[:40]!r} has no currency; set default_currency of the feed")
    amount = unsigned_minor(match["amount"], currency, decimal=",")
    return Balance(-amount if match["mark"] == "D" else amount, parse_date(match["date"])), currency


def parse_totals(text: str) -> tuple[int, int]:
    """Count and sum (minor units) of fields 90C and 90D.

    Raises:
        RecordError: the field has not the shape `count currency amount`.
        AmountError: the amount does not fit the currency.
    """
    match = _TOTALS.match(text)
    if match is None:
        raise RecordError(f"field 90 {text[:40]!r} is not `count CUR amount`")
    return int(match["count"]), unsigned_minor(match["amount"], match["currency"], decimal=",")


def parse_number(text: str) -> tuple[int | None, int | None]:
    """Statement number and page of fields 28 and 28C; None for what is not there."""
    match = _NUMBER.match(text)
    if match is None:
        return None, None
    number, page = match["number"], match["page"]
    return (int(number) if number else None), (int(page) if page else None)


def parse_account(text: str, currency: str) -> str:
    """Account of fields 25 and 25P: without spaces, without `currency` at its end and without the BIC line of 25P."""
    account = text.partition("\n")[0].replace(" ", "")
    return account.removesuffix(currency) if currency and account[-4:-3].isdigit() else account
