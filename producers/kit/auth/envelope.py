"""What travels around a record: Kafka key, partition, and headers in CloudEvents binary mode with W3C trace context.

Sources: CloudEvents 1.0.2 Kafka protocol binding, 3.2 (binary content mode: attributes are headers
prefixed `ce_`, the media type is `content-type`); W3C Trace Context, 3.2 (`traceparent`).
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from reconciler.text import normalise_reference
from reconduit.sources import SourceConfig
from schemas.keys import hash64, key_hash, partition_of
from schemas.records import CanonicalStatement, CanonicalTransaction, StatementKind

__all__ = ["Address", "new_traceparent", "statement_address", "transaction_address"]

_TRANSACTION_TYPE = "reconduit.transaction.v1"
_STATEMENT_TYPE = "reconduit.statement.v1"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes and what is on its envelope."""

    key: bytes
    hashed: int
    headers: tuple[tuple[str, bytes], ...]

    def partition(self, partitions: int) -> int:
        """Partition among `partitions`: equal keys of different topics of equal size get equal numbers."""
        return partition_of(self.hashed, partitions)


def new_traceparent() -> str:
    """A new sampled trace: `00-<trace id>-<span id>-01`."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def transaction_address(record: CanonicalTransaction, config: SourceConfig, traceparent: str) -> Address:
    """Keyed by the normalised reconciliation key, so that the sides of a group meet; by its own id when it has none."""
    reference: str | None = getattr(record, config.partition_by)
    hashed = key_hash(reference)
    if hashed is None or reference is None:
        key, hashed = record.txn_id, hash64(record.txn_id)
    else:
        key = normalise_reference(reference)
    event_id = f"{record.tenant_id}/{record.source}/{record.txn_id}/{record.revision}"
    return Address(key.encode(), hashed, _headers(event_id, record, _TRANSACTION_TYPE, traceparent))


def statement_address(record: CanonicalStatement, traceparent: str) -> Address:
    """Keyed by account, so that an account's statements and watermarks stay in order."""
    event_id = f"{record.tenant_id}/{record.source}/{record.statement_id}"
    if record.kind is StatementKind.WATERMARK and record.complete_through is not None:
        event_id += f"/{_rfc3339(record.complete_through)}"
    key = record.account_id or record.source
    return Address(key.encode(), hash64(key), _headers(event_id, record, _STATEMENT_TYPE, traceparent))


def _headers(
    event_id: str, record: CanonicalTransaction | CanonicalStatement, event_type: str, traceparent: str
) -> tuple[tuple[str, bytes], ...]:
    pairs = (
        ("ce_specversion", "1.0"),
        ("ce_id", event_id),
        ("ce_source", f"/{record.tenant_id}/{record.source}"),
        ("ce_type", event_type),
        ("ce_time", _rfc3339(record.ingested_at)),
        ("content-type", "application/avro"),
        ("traceparent", traceparent),
    )
    return tuple((name, value.encode()) for name, value in pairs)


def _rfc3339(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
