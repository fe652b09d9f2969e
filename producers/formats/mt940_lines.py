"""What the single fields of MT940/MT942 mean: balances, account, statement number, and the statement line of field 61."""

import datetime as dt
import re
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
_MARKS = {
    "C": (Direction.CREDIT, False, EntryStatus.BOOKED),
    "D": (Direction.DEBIT, False, EntryStatus.BOOKED),
    "RC": (Direction.DEBIT, True, EntryStatus.BOOKED),
    "RD": (Direction.CREDIT, True, EntryStatus.BOOKED),
    "EC": (Direction.CREDIT, False, EntryStatus.EXPECTED),
    "ED": (Direction.DEBIT, False, EntryStatus.EXPECTED),
}
_BALANCE = re.compile(r"(?P<mark>[CD])(?P<date>\d{6})(?P<currency>[A-Z]{3})?(?P<amount>\d+(?:,\d*)?)\s*", re.ASCII)
_TOTALS = re.compile(r"(?P<count>\d{1,5})(?P<currency>[A-Z]{3})(?P<amount>\d+(?:,\d*)?)\s*", re.ASCII)
_NUMBER = re.compile(r"\s*(?P<number>\d+)?(?:/(?P<page>\d+))?", re.ASCII)
_CENTURY_PIVOT = 80
"""Two-digit years from 80 are 19xx: MT940 is not older than that."""


class StatementLine(NamedTuple):
    """Field 61. `impossible_date` is a date as written that no calendar has (30 February of 30/360 banks)."""

    value_date: dt.date | None
    booking_date: dt.date | None
    impossible_date: str | None
    direction: Direction
    is_reversal: bool
    status: EntryStatus
    amount_minor: int
    code: str | None
    customer_reference: str | None
    bank_reference: str | None
    supplementary: str


_dates: dict[str, dt.date | None] = {}


def parse_date(text: str) -> dt.date | None:
    """Date of `YYMMDD`; None when the calendar has no such day."""
    found = _dates.get(text)
    if found is None and text not in _dates:
        year = int(text[:2])
        try:
            found = dt.date(year + (1900 if year >= _CENTURY_PIVOT else 2000), int(text[2:4]), int(text[4:6]))
        except ValueError:
            found = None
        if len(_dates) < 100_000:
            _dates[text] = found
    return found


def _booking_date(month_day: str, value_date: dt.date | None, fallback_year: int) -> dt.date | None:
    """Date of `MMDD` in the year that puts it nearest to the value date (31 December against 2 January)."""
    month, day = int(month_day[:2]), int(month_day[2:])
    if value_date is not None and value_date.month == month:
        years: tuple[int, ...] = (value_date.year,)
    else:
        year = value_date.year if value_date is not None else fallback_year
        years = (year - 1, year, year + 1) if value_date is not None else (year,)
    candidates = []
    for year in years:
        try:
            candidates.append(dt.date(year, month, day))
        except ValueError:
            continue
    if not candidates:
        return None
    if value_date is None:
        return candidates[0]
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
    value_date = parse_date(value)
    year = int(value[:2])
    booking_date = None
    impossible = None if value_date is not None else value
    if entry is not None and entry != "    ":
        booking_date = _booking_date(entry, value_date, year + (1900 if year >= _CENTURY_PIVOT else 2000))
        if booking_date is None:
            impossible = entry
    customer, _, bank = (rest or "").partition("//")
    direction, is_reversal, status = _MARKS[mark]
    return StatementLine(
        value_date=value_date,
        booking_date=booking_date if booking_date is not None else value_date,
        impossible_date=impossible,
        direction=direction,
        is_reversal=is_reversal,
        status=status,
        amount_minor=unsigned_minor(amount, currency, decimal=","),
        code=code.rstrip() if code else None,
        customer_reference=clean_reference(customer),
        bank_reference=clean_reference(bank),
        supplementary=supplementary,
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
