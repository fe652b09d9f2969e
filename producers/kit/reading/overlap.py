"""What of an overlapping window was published before: days are fetched again so that late records are seen, not sent again.

A cursor remembers for each day how many records were published and one digest over them in order. Providers append, so the next
fetch usually starts with the same records, and only the rest is new. Where it does not (a late posting in the middle, a
correction), the whole day is published again; ids and revisions are the same, so the consumer drops what it has. Only a record
whose content is another than the one that was published under its id has the next revision.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from producers.kit.contract import BadRecord
from producers.kit.reading.record_versions import RecordVersions
from schemas.records import CanonicalTransaction

__all__ = ["Published", "PublishedDays", "fingerprint", "published", "unpublished_from"]

Record = CanonicalTransaction | BadRecord
R = TypeVar("R", CanonicalTransaction, CanonicalTransaction | BadRecord)

# Differ between two fetches of the same content: when it was fetched, and where in which response it was.
_VOLATILE = frozenset({"ingested_at", "raw_ref"})


@dataclass(frozen=True, slots=True)
class Published:
    """How much of a day is published.

    Attributes:
        count: records published, good and bad.
        digest: SHA-256 (hex) over the fingerprints of those records, in order.
        final: the connector expects nothing more of this day by itself (the day is over, every row is settled).
    """

    count: int
    digest: str
    final: bool = False


def fingerprint(record: Record) -> bytes:
    """Digest of a record's content, the same for every fetch of the same content."""
    if isinstance(record, BadRecord):
        text = repr((record.reason, record.position, record.raw))
    else:
        text = repr([(f.name, getattr(record, f.name)) for f in fields(record) if f.name not in _VOLATILE])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def published(records: Sequence[Record], *, final: bool = False) -> Published:
    """What to remember once all of `records` are published."""
    return _published([fingerprint(record) for record in records], final=final)


def unpublished_from(records: Sequence[Record], known: Published | None) -> int:
    """Index of the first record to publish: behind the known beginning when it is unchanged, else 0."""
    return _unpublished_from([fingerprint(record) for record in records], known)


def _published(fingerprints: Sequence[bytes], *, final: bool = False) -> Published:
    return Published(len(fingerprints), hashlib.sha256(b"".join(fingerprints)).hexdigest(), final)


def _unpublished_from(fingerprints: Sequence[bytes], known: Published | None) -> int:
    if known is None or known.count > len(fingerprints) or _published(fingerprints[: known.count]).digest != known.digest:
        return 0
    return known.count


class PublishedDays:
    """What is published of each day of one account, as a cursor keeps it.

    Args:
        stored: what `to_json` gave.
        own_revisions: the provider's records carry revisions of their own, so that none is given here.
    """

    def __init__(self, stored: Mapping[str, Mapping[str, Any]] | None = None, *, own_revisions: bool = False) -> None:
        self._days: dict[dt.date, Published] = {}
        self._versions = None if own_revisions else RecordVersions()
        for text, entry in (stored or {}).items():
            day = dt.date.fromisoformat(text)
            self._days[day] = Published(int(entry["count"]), str(entry["digest"]), bool(entry["final"]))
            if self._versions is not None:
                self._versions.load(day, entry)

    def get(self, day: dt.date) -> Published | None:
        """What is known of a day, None when nothing is."""
        return self._days.get(day)

    def take(self, day: dt.date, records: Sequence[R], *, final: bool = False) -> list[R]:
        """What of a day is to be published, each transaction with its revision; all of it counts as published from now on.

        Args:
            day: booking day, in the provider's zone.
            records: all records that the provider lists for it, good and bad, in its order.
            final: nothing more is expected of this day by itself.
        """
        fingerprints = [fingerprint(record) for record in records]
        start = _unpublished_from(fingerprints, self._days.get(day))
        self._days[day] = _published(fingerprints, final=final)
        return [self._revised(day, *pair) for pair in zip(records, fingerprints, strict=True)][start:]

    def not_final(self) -> list[dt.date]:
        """Days of which more is expected, in order."""
        return sorted(day for day, entry in self._days.items() if not entry.final)

    def forget_before(self, day: dt.date, *, not_final_before: dt.date | None = None) -> None:
        """Drop days before `day`; those that are not final only when they are before `not_final_before` (default: `day`)."""
        floor = day if not_final_before is None else not_final_before
        self._days = {d: entry for d, entry in self._days.items() if d >= (day if entry.final else floor)}
        if self._versions is not None:
            self._versions.forget(self._days.__contains__)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """JSON values for the cursor, in day order."""
        return {
            day.isoformat(): {"count": entry.count, "digest": entry.digest, "final": entry.final}
            | ({} if self._versions is None else self._versions.dump(day))
            for day, entry in sorted(self._days.items())
        }

    def _revised(self, day: dt.date, record: R, content: bytes) -> R:
        if self._versions is None or isinstance(record, BadRecord):
            return record
        return self._versions.revised(day, record, content)
