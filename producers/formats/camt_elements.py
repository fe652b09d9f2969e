"""Small readings of ISO 20022 elements by local name, so that one reader serves every version of a message."""

import datetime as dt
from typing import Any, Final, cast

from lxml import etree

from producers.errors import RecordError
from producers.formats.minor_units import unsigned_minor
from schemas.records import Direction

__all__ = [
    "DIRECTIONS",
    "LOCAL",
    "Children",
    "Element",
    "amount_of",
    "children",
    "date_of",
    "direction_of",
    "line_of",
    "path_text",
    "text_of",
]

Element = etree._Element
Children = dict[str, Element]

DIRECTIONS: Final = {"CRDT": Direction.CREDIT, "DBIT": Direction.DEBIT}


class _LocalNames(dict[str, str]):
    """Tag with namespace → local name, computed once per tag."""

    def __missing__(self, tag: str) -> str:
        name = tag.rpartition("}")[2]
        if len(self) < 10_000:
            self[tag] = name
        return name


LOCAL: Final = _LocalNames()


def children(element: Element) -> Children:
    """Children by local name; of several with one name, the last."""
    return {LOCAL[child.tag]: child for child in element}


def text_of(element: Element | None) -> str | None:
    """Stripped text, None when there is none."""
    if element is None or element.text is None:
        return None
    return element.text.strip() or None


def path_text(found: Children, *path: str) -> str | None:
    """Text at a path of local names below `found`; None when any step is missing."""
    element = found.get(path[0])
    for step in path[1:]:
        if element is None:
            return None
        element = next((child for child in element if LOCAL[child.tag] == step), None)
    return text_of(element)


def amount_of(element: Element | None, default_currency: str) -> tuple[int, str]:
    """Unsigned minor units and currency of an Amt element.

    Raises:
        RecordError: there is no amount or no currency.
        AmountError: it is no amount, is negative, or has more decimals than the currency.
    """
    text = text_of(element)
    if element is None or text is None:
        raise RecordError("Amt is missing or empty")
    currency = element.get("Ccy") or default_currency
    if not currency:
        raise RecordError(f"Amt {text} has no Ccy and the account has none either; set default_currency of the feed")
    return unsigned_minor(text, currency, decimal="."), currency


def direction_of(found: Children) -> Direction:
    """CdtDbtInd: the direction in which it was booked.

    Raises:
        RecordError: it is missing or neither CRDT nor DBIT.
    """
    mark = path_text(found, "CdtDbtInd")
    direction = DIRECTIONS.get(mark or "")
    if direction is None:
        raise RecordError(f"CdtDbtInd is {mark!r}, neither CRDT nor DBIT")
    return direction


def line_of(element: Element) -> int:
    """Line where the element begins, from 1; 0 when the parser does not know it."""
    line: int | None = cast("Any", element).sourceline
    return line or 0


def date_of(element: Element | None) -> dt.date | None:
    """The bank's local date of a choice of Dt and DtTm; a time of day and its offset are left to the original.

    Raises:
        ValueError: there is a date, but no calendar has it.
    """
    if element is None:
        return None
    for child in element:
        text = child.text
        if text:
            day = text.strip()[:10]
            if len(day) != 10 or day[4] != "-" or day[7] != "-":
                raise ValueError(text.strip())
            return dt.date.fromisoformat(day)
    return None
