"""Whether a missing counterpart may still come: a side's watermark against an item's due date."""

import datetime as dt
from collections.abc import Iterable, Mapping

from reconciler.calendar import BusinessCalendar
from reconciler.types import Item

__all__ = ["Horizon", "all_passed", "is_overdue"]

Horizon = Mapping[str, dt.datetime]
"""Watermark (aware UTC) by side: every record booked before it has been delivered. A side without one is not complete."""


def is_overdue(calendar: BusinessCalendar, horizon: Horizon | None, side: str, items: Iterable[Item]) -> bool:
    """Whether `side` is complete beyond the due date of all `items`, so that what is missing there will not come in time.

    Always False without a horizon: the stream pass makes nothing final.
    """
    if horizon is None or side not in horizon:
        return False
    latest = max((item.booked_at for item in items), default=None)
    return latest is not None and horizon[side] >= calendar.due_at(latest)


def all_passed(calendar: BusinessCalendar, horizon: Horizon | None, sides: Iterable[str], items: Iterable[Item]) -> bool:
    """Whether every side is complete beyond the due date of all `items`: a decision about them is final."""
    members = tuple(items)
    return all(is_overdue(calendar, horizon, side, members) for side in sides)
