"""How far a source is behind: the newest booking that was published, and the time through which its accounts are complete.

Both are metrics of points in time rather than of ages, so that they go on growing old while the process hangs.
"""

import datetime as dt

from producers.kit.contract import Page
from reconduit.metrics import COMPLETE_THROUGH, NEWEST_BOOKING

__all__ = ["SourceLag"]


class SourceLag:
    """What the pages of one source told since the process began.

    Args:
        source: name of the source.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._newest: dt.datetime | None = None
        self._complete: dict[str, dt.datetime] = {}

    def published(self, page: Page) -> None:
        """A page is published."""
        for record in page.transactions:
            if self._newest is None or record.booked_at > self._newest:
                self._newest = record.booked_at
        for statement in page.statements:
            if statement.complete_through is not None:
                known = self._complete.get(statement.account_id, statement.complete_through)
                self._complete[statement.account_id] = max(known, statement.complete_through)

    def polled(self) -> None:
        """A poll is complete: every account has had its turn, so the one that is furthest behind is known."""
        if self._newest is not None:
            NEWEST_BOOKING.labels(self._source).set(self._newest.timestamp())
        if self._complete:
            COMPLETE_THROUGH.labels(self._source).set(min(self._complete.values()).timestamp())
