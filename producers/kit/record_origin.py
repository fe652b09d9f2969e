"""Where a record came from: what its own fields do not say."""

import datetime as dt
from dataclasses import dataclass

__all__ = ["RecordOrigin"]


@dataclass(frozen=True, slots=True)
class RecordOrigin:
    """Beside the fields of a provider's row.

    Attributes:
        source: name of the configured source.
        tenant_id: its owner.
        account_id: the account that was asked for.
        raw_ref: the original response and the place in it.
        ingested_at: time of the poll, aware UTC.
    """

    source: str
    tenant_id: str
    account_id: str
    raw_ref: str | None
    ingested_at: dt.datetime
