"""How far a listing by day was read, as a cursor keeps it: the last day, what of the overlap is published, the last watermark."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from producers.errors import ConfigurationError
from producers.kit.reading.overlap import PublishedDays

__all__ = ["ReadProgress"]


@dataclass(slots=True)
class ReadProgress:
    """The progress in one account, changed while a poll goes on.

    Attributes:
        read_through: last day that was read, in the provider's zone; None at first.
        days: what is published of the days of the overlap.
        complete_through: last watermark published, aware UTC; None at first.
    """

    read_through: dt.date | None = None
    days: PublishedDays = field(default_factory=PublishedDays)
    complete_through: dt.datetime | None = None

    @classmethod
    def load(cls, stored: Mapping[str, Any], *, own_revisions: bool = False) -> Self:
        """What `dump` gave; the beginning for an empty cursor. `own_revisions` as `PublishedDays`.

        Raises:
            ConfigurationError: it is the cursor of something else.
        """
        try:
            read, complete = stored.get("read_through"), stored.get("complete_through")
            return cls(
                dt.date.fromisoformat(read) if read else None,
                PublishedDays(stored.get("days"), own_revisions=own_revisions),
                dt.datetime.fromisoformat(complete) if complete else None,
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(f"the stored cursor is none of this connector ({error}); reset the source's cursor") from error

    def dump(self) -> dict[str, Any]:
        """JSON values for the cursor."""
        return {
            "read_through": self.read_through.isoformat() if self.read_through else None,
            "days": self.days.to_json(),
            "complete_through": self.complete_through.isoformat() if self.complete_through else None,
        }

    def first_day(self, today: dt.date, *, start_days: int, overlap_days: int) -> dt.date:
        """Where a poll begins: `start_days` before today at first, later `overlap_days` before what was read."""
        if self.read_through is None:
            return today - dt.timedelta(days=start_days)
        return min(self.read_through, today) - dt.timedelta(days=overlap_days)
