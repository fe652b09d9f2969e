"""Reading a listing by time: each poll reads from a little before the end of the last one, and publishes only what is new.

A window is `[through - overlap, now)`: closed at its start, so that of several records with one time none is left out at the
boundary, and open at its end. Records that come again with equal content are dropped; changed ones come with the next
revision. `producers.kit.overlap` does the same for providers that are read by booking day and keep their order; here order means
nothing, and what is remembered is one short digest for each record.

The cursor moves inside of a window too, with what was published, but `through` moves at its end only. So a poll that dies is
read again from the start of its window, also when the provider's pages have shifted meanwhile, and publishes only the rest.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from producers.errors import ConfigurationError
from producers.kit.contract import BadRecord
from producers.kit.overlap import fingerprint
from producers.kit.repeated_ids import content_digest
from schemas.records import CanonicalTransaction

__all__ = ["Incremental", "TimeWindow"]

_HOUR = dt.timedelta(hours=1)
_DIGITS = 12
"""Hex digits of a digest. Two ids that share one would cost a needless revision, two contents a missed change: one in 2^48."""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A stretch of time, aware UTC, with `start` and without `end`."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was published of one record: its digest and revision, and the hour until which it is remembered at least."""

    hour: dt.datetime
    digest: str
    revision: int


class Incremental:
    """What of one listing is read and published, as a cursor keeps it.

    Args:
        stored: what `to_json` gave, nothing at first.
        overlap: how much time before the end of the last window is read again; as late as a record may come and still be seen.
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
        self._met: set[str] = set()
        self._seen: dict[str, _Seen] = {}
        for hour, records in stored.get("seen", {}).items():
            for key, entry in records.items():
                digest, _, revision = entry.partition(".")
                self._seen[key] = _Seen(dt.datetime.fromisoformat(f"{hour}:00+00:00"), digest, int(revision or 0))

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
        key = content_digest(record.txn_id, length=_DIGITS)
        digest = fingerprint(record).hex()[:_DIGITS]
        known = self._seen.get(key)
        is_new = known is None or known.digest != digest
        revision = record.revision if known is None or (is_new and self._versioned) else known.revision + is_new
        self._remember(key, at, digest, revision)
        return replace(record, revision=revision) if is_new else None

    def take_bad(self, bad: BadRecord, at: dt.datetime) -> BadRecord | None:
        """The bad record when it is to be published, None when it was; `at` is the time of the poll.

        Raises:
            ConfigurationError: there are more records to remember than `limit`.
        """
        key = content_digest("bad", bad.position, length=_DIGITS)
        digest = content_digest(bad.reason, bad.raw.hex(), length=_DIGITS)
        known = self._seen.get(key)
        self._remember(key, at, digest, 0)
        return None if known is not None and known.digest == digest else bad

    def complete(self, end: dt.datetime) -> None:
        """Note that everything before `end` was read, and forget what cannot come again.

        That is what lies before the overlap, unless the provider gave it in this very window, and so may give it in the next.
        """
        self._through = end if self._through is None else max(end, self._through)
        floor = self._through - self._overlap - _HOUR
        self._seen = {key: seen for key, seen in self._seen.items() if seen.hour > floor or key in self._met}
        self._met = set()

    def to_json(self) -> dict[str, Any]:
        """JSON values for the cursor: `{"through": time, "seen": {hour: {record: content[.revision]}}}`."""
        seen: dict[str, dict[str, str]] = defaultdict(dict)
        for key, entry in sorted(self._seen.items(), key=lambda one: (one[1].hour, one[0])):
            hour = f"{entry.hour:%Y-%m-%dT%H}"
            seen[hour][key] = f"{entry.digest}.{entry.revision}" if entry.revision else entry.digest
        return {"through": self._through.isoformat() if self._through else None, "seen": dict(seen)}

    def _remember(self, key: str, at: dt.datetime, digest: str, revision: int) -> None:
        known = self._seen.get(key)
        hour = at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
        if known is None and len(self._seen) >= self._limit:
            raise ConfigurationError(
                f"more than {self._limit} records are in the overlap and one window, too many to remember;"
                " make the overlap or the windows shorter"
            )
        self._seen[key] = _Seen(max(hour, known.hour) if known else hour, digest, revision)
        self._met.add(key)
