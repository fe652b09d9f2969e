"""Records in quarantine: what could not be used, and why."""

from psycopg import sql

from api.cursor import CursorSigner
from api.database import Database
from api.filters import QuarantineFilter
from api.models import Quarantined, QuarantinePage
from api.queries.keyset import Keyset, fetch_page

__all__ = ["list_quarantine"]

_LATEST_FIRST = Keyset(
    view="quarantine",
    columns=sql.SQL("quarantine_id AS id, source, stage, reason, detail, position, octet_length(raw) AS raw_bytes, arrived_at"),
    keys=(("quarantine_id", "bigint"),),
)


def list_quarantine(database: Database, signer: CursorSigner, filters: QuarantineFilter) -> QuarantinePage:
    """One page of quarantined records, latest first; without their raw bytes, which may hold personal data."""
    rows, following = fetch_page(database, signer, _LATEST_FIRST, filters)
    items = [Quarantined(**{name: row[name] for name in Quarantined.model_fields}) for row in rows]
    return QuarantinePage(items=items, next=following)
