"""Counts of deliveries, kept in memory and added to the database every few seconds.

A flood of forgeries therefore causes no flood of writes.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from uuid import UUID

import structlog

from api.errors import ApiError
from reconduit.webhooks.endpoints import Endpoint
from reconduit.webhooks.statistics import Outcome

__all__ = ["Tally", "WriteCounts"]

WriteCounts = Callable[[Mapping[tuple[UUID, str], Mapping[Outcome, int]], dt.datetime], None]
"""Adds counts of endpoints, by integration and provider, to the database."""

_log = structlog.get_logger(__name__)


class Tally:
    """Counts by endpoint and outcome; as many as there are endpoints, whoever delivers. Used from the event loop only.

    Args:
        write: blocks.
        now: aware UTC.
    """

    def __init__(self, write: WriteCounts, now: Callable[[], dt.datetime]) -> None:
        self._write = write
        self._now = now
        self._counts: dict[tuple[UUID, str], Counter[Outcome]] = {}

    def count(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """One more."""
        self._counts.setdefault((endpoint.integration_id, endpoint.provider), Counter())[outcome] += 1

    def take(self) -> dict[tuple[UUID, str], Counter[Outcome]]:
        """What was counted since the last time."""
        taken, self._counts = self._counts, {}
        return taken

    def put_back(self, taken: Mapping[tuple[UUID, str], Counter[Outcome]]) -> None:
        """Count again what could not be written."""
        for key, counts in taken.items():
            self._counts.setdefault(key, Counter()).update(counts)

    def write(self, taken: Mapping[tuple[UUID, str], Counter[Outcome]]) -> bool:
        """Add to the database; False when it does not answer. May run in another thread."""
        try:
            self._write(taken, self._now())
        except ApiError as error:
            _log.warning("webhook counts wait", error=str(error))
            return False
        return True
