"""Reading a listing by time: each poll reads from a little before the end of the last one, and publishes only what is new.

A window is `[through - overlap, now)`: closed at its start, so that of several records with one time none is left out at the
boundary, and open at its end. Records that come again with equal content are dropped; changed ones come with the next
revision. `producers.kit.reading.overlap` does the same for providers that are read by booking day and keep their order; here
order means nothing, and what is remembered is one short digest for each record.

The cursor moves inside of a window too, with what was published, but `through` moves at its end only. So a poll that dies is
read again from the start of its window, also when the provider's pages have shifted meanwhile, and publishes only the rest.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from producers.errors import ConfigurationError
from producers.kit.contract import BadRecord
from producers.kit.reading.overlap import fingerprint
from producers.kit.reading.published import KEPT_BYTES, Published, id_digest
from producers.kit.reading.repeated_ids import content_digest
from schemas.records import CanonicalTransaction

__all__ = ["Incremental", "TimeWindow"]

_DIGITS = 2 * KEPT_BYTES
"""Hex digits of a digest."""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A stretch of time, aware UTC, with `start` and without `end`."""

    start: dt.datetime
    end: dt.datetime


class Incremental:
    """What of one listing is read and published, as a cursor keeps it.

    Args:
        stored: what `to_json` gave, nothing at first.
        overlap: how much time before the end of the last window is read again; as late as a record may come and still be seen.
            A record's own time must not move, else it may come again after it is forgotten; or it must have a revision.
        limit: most records to remember. They are those of the overlap and those of the last window.
        versioned: records carry the provider's own revision, which is published as it is.
    """

    def __init__(
        self,
        stored: Mapping[str, Any] | None = None,
        *,
        overlap: dt.timedelta = dt.timedelta(0),
        limit: int = 50_000,
        versioned: bool = False,
    ) -> None:
        stored = stored or {}
        through = stored.get("through")
        self._through = dt.datetime.fromisoformat(through) if through else None
        self._overlap = overlap
        self._limit = limit
        self._versioned = versioned
        # By hour, so that the cursor of each page is a copy and no computation: {hour: {record: content[.revision]}}.
        self._seen: dict[str, dict[str, str]] = {hour: dict(records) for hour, records in stored.get("seen", {}).items()}
        self._hour_of = {key: hour for hour, records in self._seen.items() for key in records}
        self._met: set[str] = set()

    @property
    def through(self) -> dt.datetime | None:
        """End of the last window that was read whole, None before the first."""
        return self._through

    def windows(self, now: dt.datetime, *, start: dt.datetime, longest: dt.timedelta | None = None) -> Iterator[TimeWindow]:
        """The windows of a poll in order, without a gap; call `complete` behind each.

        Args:
            now: time of the poll, aware UTC. A clock that went back does not move the end back.
            start: where a listing begins that was never read.
            longest: most that one request may span, None for no bound.
        """
        end = now if self._through is None else max(now, self._through)
        first = start if self._through is None else self._through - self._overlap
        while first < end:
            last = end if longest is None else min(first + longest, end)
            yield TimeWindow(first, last)
            first = last

    def take(self, record: CanonicalTransaction, at: dt.datetime) -> CanonicalTransaction | None:
        """The record as it is to be published, None when it was published with this content.

        Args:
            record: as the provider gives it now; revision 0 unless `versioned`.
            at: the time that windows are made of, aware UTC.

        Raises:
            ConfigurationError: there are more records to remember than `limit`.
        """
        key, digest = id_digest(record.txn_id).hex(), fingerprint(record)[:KEPT_BYTES].hex()
        known = self._known(key)
        if known is not None and known.content == digest:
            self._remember(key, at, known)
            return None
        revision = record.revision if known is None or self._versioned else known.revision_for(digest)
        self._remember(key, at, Published(digest, revision))
        return replace(record, revision=revision)

    def take_bad(self, bad: BadRecord, at: dt.datetime) -> BadRecord | None:
        """The bad record when it is to be published, None when it was; `at` is the time of the poll.

        Raises:
            ConfigurationError: there are more records to remember than `limit`.
        """
        key = content_digest("bad", bad.position, length=_DIGITS)
        digest = content_digest(bad.reason, bad.raw.hex(), length=_DIGITS)
        known = self._known(key)
        self._remember(key, at, Published(digest, 0))
        return None if known is not None and known.content == digest else bad

    def complete(self, end: dt.datetime) -> None:
        """Note that everything before `end` was read, and forget what cannot come again.

        That is what lies before the overlap, unless the provider gave it in this very window, and so may give it in the next.
        """
        self._through = end if self._through is None else max(end, self._through)
        floor = _hour(self._through - self._overlap)
        for hour in [hour for hour in self._seen if hour < floor]:
            kept = {key: entry for key, entry in self._seen.pop(hour).items() if key in self._met}
            if kept:
                self._seen[hour] = kept
        self._hour_of = {key: hour for hour, records in self._seen.items() for key in records}
        self._met = set()

    def to_json(self) -> dict[str, Any]:
        """JSON values for the cursor: `{"through": time, "seen": {hour: {record: content[.revision]}}}`."""
        seen = {hour: dict(self._seen[hour]) for hour in sorted(self._seen)}
        return {"through": self._through.isoformat() if self._through else None, "seen": seen}

    def _known(self, key: str) -> Published | None:
        """What was published under a key."""
        if key not in self._hour_of:
            return None
        digest, _, revision = self._seen[self._hour_of[key]][key].partition(".")
        return Published(digest, int(revision or 0))

    def _remember(self, key: str, at: dt.datetime, published: Published) -> None:
        before = self._hour_of.get(key)
        if before is None and len(self._hour_of) >= self._limit:
            raise ConfigurationError(
                f"more than {self._limit} records are in the overlap and one window, too many to remember;"
                " make the overlap or the windows shorter"
            )
        if before is not None:
            del self._seen[before][key]
        hour = max(_hour(at), before or "")
        text = f"{published.content}.{published.revision}" if published.revision else published.content
        self._seen.setdefault(hour, {})[key] = text
        self._hour_of[key] = hour
        self._met.add(key)


def _hour(moment: dt.datetime) -> str:
    """The hour that a moment is in, as text that sorts in order of time."""
    return moment.astimezone(dt.UTC).isoformat()[:13]
