"""Records of PayPal's settlement report (STL): delimited rows whose first cell says what they are.

RH and RF enclose the report, FH and FF a file of it, SH and SF a section (an account and a day); CH names the columns of the
section's body rows SB; SF has the totals and balances of one currency. RC, FC and SC count rows. Source: PayPal's Settlement
Report Specification 9. A report of more than a million rows is split: only the first file has RH and only the last has RF.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from producers.errors import FileFormatError, RecordError
from schemas.errors import AmountError
from schemas.money import MAX_AMOUNT_MINOR, currency_exponent

__all__ = ["Footer", "Record", "by_name", "footer_of", "money", "records", "signed"]

_CODES = frozenset({"RH", "FH", "SH", "CH", "SB", "SF", "SC", "FF", "FC", "RF", "RC"})
_SIGNS = {"CR": 1, "DR": -1, "C": 1, "D": -1}
_DELIMITERS = frozenset(",\t|;")


class Record(NamedTuple):
    """A row: its line from 1, its code, its cells without the code, and its text."""

    line: int
    code: str
    cells: Sequence[str]
    text: str


@dataclass(frozen=True, slots=True)
class Footer:
    """Totals and balances of one currency in a section, minor units; balances are signed."""

    currency: str
    credit_minor: int
    debit_minor: int
    fee_credit_minor: int
    fee_debit_minor: int
    opening_minor: int
    closing_minor: int


def records(stream: BinaryIO, max_line: int) -> Iterator[Record]:
    """Every row of a report, in file order.

    Raises:
        FileFormatError: a row is too long, is not UTF-8, or begins with no record code.
    """
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        yield from _rows(text, max_line)
    except UnicodeDecodeError as error:
        raise FileFormatError(f"byte {error.start}: not UTF-8, which the report always is") from error
    except csv.Error as error:
        raise FileFormatError(f"no delimited text: {error}") from error
    finally:
        text.detach()


def _rows(text: io.TextIOWrapper, max_line: int) -> Iterator[Record]:
    first = text.readline(max_line)
    plain = first.replace('"', "")
    delimiter = plain[2:3] if plain[2:3] in _DELIMITERS else ","
    raw: list[str] = []

    def lines() -> Iterator[str]:
        line = first
        while line:
            if len(line) >= max_line:
                raise FileFormatError(f"line {reader.line_num + 1}: longer than {max_line} characters; this is no report row")
            raw.append(line)
            yield line
            line = text.readline(max_line)

    reader = csv.reader(lines(), delimiter=delimiter)
    begins = 1
    for row in reader:
        whole = "".join(raw)
        raw.clear()
        if any(cell.strip() for cell in row):
            code = row[0].strip().upper()
            if code not in _CODES:
                raise FileFormatError(f"line {begins}: {code[:20]!r} is no record code of a settlement report")
            yield Record(begins, code, row[1:], whole)
        begins = reader.line_num + 1


def money(text: str, currency: str) -> int:
    """Minor units of an amount, which is written without sign and separator.

    Raises:
        AmountError: not that.
    """
    currency_exponent(currency)
    plain = text.strip() or "0"
    if not (plain.isdecimal() and plain.isascii()) or len(plain) > len(str(MAX_AMOUNT_MINOR)) or int(plain) > MAX_AMOUNT_MINOR:
        raise AmountError(f"{text[:40]!r} is no amount of minor units")
    return int(plain)


def signed(flag: str, amount: int) -> int:
    """An amount with the sign of the column beside it; without a flag only zero is understood.

    Raises:
        RecordError: the flag is neither CR nor DR.
    """
    sign = _SIGNS.get(flag.strip().upper())
    if sign is None and amount:
        raise RecordError(f"{flag[:20]!r} is neither CR nor DR")
    return (sign or 0) * amount


def footer_of(record: Record) -> Footer:
    """The totals and balances of an SF record.

    Raises:
        FileFormatError: it is not laid out as the specification says.
    """
    cells = record.cells
    try:
        currency = cells[0].strip().upper()
        credit, debit, fee_credit, fee_debit = (money(cell, currency) for cell in cells[1:5])
        opening, closing = (signed(cells[at], money(cells[at + 1], currency)) for at in (5, 7))
    except (IndexError, ValueError, AmountError, RecordError) as error:
        raise FileFormatError(f"line {record.line}: the section footer cannot be read: {error}") from error
    return Footer(currency, credit, debit, fee_credit, fee_debit, opening, closing)


def by_name(header: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    """Cells of a body row by the lower-case names of its section's CH record."""
    return {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
