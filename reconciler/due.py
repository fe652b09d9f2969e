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
    return all_passed(calendar, horizon, (side,), items)


def all_passed(calendar: BusinessCalendar, horizon: Horizon | None, sides: Iterable[str], items: Iterable[Item]) -> bool:
    """Whether every side is complete beyond the due date of all `items`: a decision about them is final.

    False without a horizon, and for a side that has no watermark.
    """
    latest = max((item.booked_at for item in items), default=None)
    if horizon is None or latest is None:
        return False
    due = calendar.due_at(latest)
    return all(side in horizon and horizon[side] >= due for side in sides)
