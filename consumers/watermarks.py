"""How far each side of a reconciliation is complete, from the watermarks that its sources gave."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from consumers.columns import SourceCode
from reconciler.calendar import BusinessCalendar
from reconciler.due import Horizon
from reconciler.reconciliation import Reconciliation

__all__ = ["Watermarks", "latest_due_day", "read_watermarks"]

_LAST_DAY = dt.date(9000, 1, 1)
"""Where looking begins for a source that is complete for good, such as 9999-12-31; due dates must stay within what Python has."""


class Watermarks:
    """Watermarks by source and account; the empty account stands for all of a source's accounts."""

    def __init__(self, marks: Mapping[tuple[str, str], dt.datetime]) -> None:
        self._marks = marks

    def horizon(self, reconciliation: Reconciliation, account: str | None = None) -> Horizon:
        """Watermark by side, the earliest of the side's sources; a side is left out while any of its sources has none.

        Args:
            reconciliation: whose sides.
            account: only what concerns one account: a source that gives its watermarks account by account, and none for this
                one, does not carry the account and is not waited for. None: every account.
        """
        found = {}
        for side in reconciliation.sides:
            marks = [self._source(name, account) for name in side.sources]
            known = [mark for carried, mark in marks if carried and mark is not None]
            waiting = any(carried and mark is None for carried, mark in marks)
            if known and not waiting:
                found[side.name] = min(known)
        return found

    def _source(self, name: str, account: str | None) -> tuple[bool, dt.datetime | None]:
        """Whether the source carries the account, and how far it is complete."""
        own = {place: mark for (source, place), mark in self._marks.items() if source == name}
        if not own:
            return account is None, None
        if account is not None and account in own:
            return True, own[account]
        if "" in own:
            return True, own[""]
        return account is None, min(own.values()) if account is None else None


def read_watermarks(connection: Connection[Any], sources: Mapping[tuple[str, str], SourceCode]) -> Watermarks:
    """Every stored watermark."""
    names = {code.source_id: name for (_, name), code in sources.items()}
    rows = connection.execute("SELECT source_id, account_id, complete_through FROM source_watermark").fetchall()
    return Watermarks({(names[code], account): mark for code, account, mark in rows if code in names})


def latest_due_day(calendar: BusinessCalendar, mark: dt.datetime) -> dt.date:
    """The last booking day whose counterparts are due by `mark`."""
    day = min(mark.astimezone(dt.UTC).date(), _LAST_DAY)
    while calendar.due_at(dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)) > mark:
        day -= dt.timedelta(days=1)
    return day
