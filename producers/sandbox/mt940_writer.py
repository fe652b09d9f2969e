"""Writes MT940 as a British bank does: one message per day, field 86 structured by code words, lines of at most 65 characters."""

import datetime as dt
from collections.abc import Iterator

from producers.sandbox.model import BankLine
from producers.sandbox.statements import DayStatement
from schemas.money import format_minor

__all__ = ["mt940"]

_WIDTH = 65
_LINES = 6
_LINE_END = "\r\n"


def mt940(statement: DayStatement) -> bytes:
    """The statement as one message in SWIFT's characters, CRLF between lines.

    Our reference of a line is the customer reference of field 61 (NONREF without one), the bank's stands behind `//`.
    """
    fields = [
        f":20:ST{statement.date:%y%m%d}{statement.number:03d}",
        f":25:{statement.account_id}",
        f":28C:{statement.number}/1",
        f":60F:{_balance(statement.opening_minor, statement.currency, statement.date)}",
    ]
    for line in statement.lines:
        fields.append(_entry(line))
        fields.append(_LINE_END.join(_wrapped(f":86:{_information(line)}")))
    fields.append(f":62F:{_balance(statement.closing_minor, statement.currency, statement.date)}")
    fields.append("-")
    return (_LINE_END.join(fields) + _LINE_END).encode("ascii")


def _amount(amount_minor: int, currency: str) -> str:
    """SWIFT's amount: a comma always, no sign."""
    text = format_minor(amount_minor, currency).replace(".", ",")
    return text if "," in text else f"{text},"


def _balance(balance_minor: int, currency: str, date: dt.date) -> str:
    mark = "C" if balance_minor >= 0 else "D"
    return f"{mark}{date:%y%m%d}{currency}{_amount(abs(balance_minor), currency)}"


def _entry(line: BankLine) -> str:
    mark = "C" if line.direction == "CREDIT" else "D"
    booked_on = line.booked_at.date()
    amount = _amount(line.amount_minor, line.currency)
    kind = "NTRF" if line.reference or line.channel != "BRANCH" else "NMSC"
    return f":61:{line.value_date:%y%m%d}{booked_on:%m%d}{mark}{amount}{kind}{line.reference or 'NONREF'}//{line.line_id}"


def _information(line: BankLine) -> str:
    """Field 86: `/EREF/`, the counterparty by its role, and the text; a slash inside a value would end it."""
    parts = []
    if line.reference:
        parts.append(f"/EREF/{line.reference}")
    if line.counterparty_name:
        role = "ORDP" if line.direction == "CREDIT" else "BENM"
        parts.append(f"/{role}//NAME/{_plain(line.counterparty_name)}")
    parts.append(f"/REMI/{_plain(line.narration)}")
    return "".join(parts)


def _plain(text: str) -> str:
    return "".join(character if character.isalnum() or character in " -.,()?:+'" else " " for character in text)


def _wrapped(text: str) -> Iterator[str]:
    """At most six lines of 65 characters; none begins with a colon or a hyphen, which would end the field."""
    start, written = 0, 0
    while start < len(text) and written < _LINES:
        end = min(start + _WIDTH, len(text))
        while end < len(text) and text[end] in ":- ":
            end -= 1
        yield text[start:end]
        start, written = end, written + 1
