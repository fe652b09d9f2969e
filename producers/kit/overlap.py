"""What of an overlapping window was published before: windows are fetched again so that late records are seen, not sent again.

A cursor remembers for each window how many records were published and one digest over them in order. Providers append, so the next
fetch usually starts with the same records, and only the rest is new. Where it does not (a late posting in the middle, a
correction), the whole window is published again; ids and revisions are the same, so the consumer drops what it has.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

from producers.kit.contract import BadRecord
from schemas.records import CanonicalTransaction

__all__ = ["Published", "fingerprint", "published", "unpublished_from"]

# Differ between two fetches of the same content: when it was fetched, and where in which response it was.
_VOLATILE = frozenset({"ingested_at", "raw_ref"})


@dataclass(frozen=True, slots=True)
class Published:
    """How much of a window is published.

    Attributes:
        count: records published, good and bad.
        digest: SHA-256 (hex) over the fingerprints of those records, in order.
    """

    count: int
    digest: str


def fingerprint(record: CanonicalTransaction | BadRecord) -> bytes:
    """Digest of a record's content, the same for every fetch of the same content."""
    if isinstance(record, BadRecord):
        text = repr((record.reason, record.position, record.raw))
    else:
        text = repr([(f.name, getattr(record, f.name)) for f in fields(record) if f.name not in _VOLATILE])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def published(records: Sequence[CanonicalTransaction | BadRecord]) -> Published:
    """What to remember once all of `records` are published."""
    digest = hashlib.sha256(b"".join(fingerprint(record) for record in records))
    return Published(len(records), digest.hexdigest())


def unpublished_from(records: Sequence[CanonicalTransaction | BadRecord], known: Published | None) -> int:
    """Index of the first record to publish: behind the known beginning when it is unchanged, else 0."""
    if known is None or known.count > len(records) or published(records[: known.count]) != known:
        return 0
    return known.count
