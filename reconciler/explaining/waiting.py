"""When a counterpart is due and which sources' watermarks have not come so far."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.calendar import BusinessCalendar
from reconciler.types import Item

__all__ = ["Due", "Marks", "SourceMark", "due_of"]

Marks = Mapping[tuple[str, str], dt.datetime]
"""Watermarks (aware UTC) by source and account; the empty account stands for all of a source's accounts."""


@dataclass(frozen=True, slots=True)
class SourceMark:
    """How far one source is complete; `through` is None when it has given no watermark for the account."""

    source: str
    through: dt.datetime | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Due:
    """When the counterparts are due (UTC, exclusive), and the sources that must be complete through then."""

    at: dt.datetime
    sources: tuple[SourceMark, ...]


def due_of(item: Item, sources: Iterable[str], calendar: BusinessCalendar, marks: Marks) -> Due:
    """The due moment of the item's counterparts on `sources`, and how far each of these is."""
    at = calendar.due_at(item.booked_at)
    found = []
    for source in sorted(set(sources)):
        through = marks.get((source, item.account), marks.get((source, "")))
        found.append(SourceMark(source, through, through is not None and through >= at))
    return Due(at, tuple(found))
