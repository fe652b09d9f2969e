"""What an id names: a stored record, a match, a break, or a record in quarantine."""

import re
from collections.abc import Iterable

from psycopg import sql

from api.database import Database, Row
from api.models import Transaction
from api.queries.transactions import transactions_by_hash
from reconciler.explaining.explanation import Quarantining
from schemas.keys import txn_hash

__all__ = ["find_quarantined", "find_records", "superseded_revisions"]

_LEAST_SEARCHED = 4
"""Shorter ids are inside any bytes by chance."""


def find_records(database: Database, identity: str) -> dict[int, Transaction]:
    """Records that the id names, by their hash: `source/txn_id`, or a bare txn_id in any source."""
    if "\x00" in identity:
        return {}
    sources = database.rows(sql.SQL("SELECT tenant_id, name FROM source"))
    head, _, rest = identity.partition("/")
    named = [(row["tenant_id"], row["name"], rest) for row in sources if row["name"] == head and rest]
    bare = [(row["tenant_id"], row["name"], identity) for row in sources]
    for places in (named, bare):
        found = _stored(database, places)
        if found:
            return found
    return {}


def _stored(database: Database, places: Iterable[tuple[str, str, str]]) -> dict[int, Transaction]:
    by_hash = {txn_hash(*place): place for place in places}
    # The whole id is compared after its hash.
    return {
        hashed: record
        for hashed, record in transactions_by_hash(database, by_hash).items()
        if (record.tenant_id, record.source, record.txn_id) == by_hash[hashed]
    }


def superseded_revisions(database: Database, hashed: int, newest: int) -> tuple[int, ...]:
    """Stored revisions of a record other than the newest."""
    rows: list[Row] = database.rows(sql.SQL("SELECT DISTINCT revision FROM transaction_view WHERE txn_hash = %s"), [hashed])
    return tuple(sorted(row["revision"] for row in rows if row["revision"] != newest))


def find_quarantined(database: Database, identity: str) -> tuple[Quarantining, ...]:
    """Records in quarantine, latest first, at this position or whose raw bytes have the id as a word; five at most."""
    searched = identity.partition("/")[2] or identity
    if len(searched) < _LEAST_SEARCHED or "\x00" in identity:
        return ()
    rows = database.rows(
        sql.SQL(
            "SELECT source, reason, detail, position, arrived_at, raw FROM quarantine "
            "WHERE position = %s OR position(%s IN raw) > 0 ORDER BY arrived_at DESC, quarantine_id DESC LIMIT 50"
        ),
        [identity, searched.encode()],
    )
    word = re.compile(rb"(?<![0-9A-Za-z])" + re.escape(searched.encode()) + rb"(?![0-9A-Za-z])")
    found = [row for row in rows if row["position"] == identity or word.search(bytes(row["raw"]))]
    return tuple(
        Quarantining(**{name: row[name] for name in ("source", "reason", "detail", "position", "arrived_at")}) for row in found[:5]
    )
