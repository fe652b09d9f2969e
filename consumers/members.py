"""Reading stored records back: the members of groups, and earlier revisions wherever they are."""

from collections.abc import Collection
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.copying import bigints, copy_out

__all__ = ["MEMBER_COLUMNS", "SELECT_MEMBER", "read_by_group", "read_by_second", "read_members", "read_revised", "read_revisions"]

MEMBER_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "group_hash": pl.Int64,
    "txn_hash": pl.Int64,
    "second_hash": pl.Int64,
    "revision": pl.Int64,
    "source_id": pl.Int16,
    "direction": pl.Int16,
    "status": pl.Int16,
    "is_reversal": pl.Int8,
    "superseded": pl.Int8,
    "amount_minor": pl.Int64,
    "fee_minor": pl.Int64,
    "currency": pl.String,
    "booked_us": pl.Int64,
    "account_id": pl.String,
    "txn_id": pl.String,
    "reference_number": pl.String,
    "settlement_id": pl.String,
}
"""What the engine needs of a stored record: booleans as 0 and 1, `booked_us` as microseconds since 1970 UTC."""

SELECT_MEMBER = """SELECT t.group_hash, t.txn_hash, t.second_hash, t.revision, t.source_id, t.direction, t.status,
t.is_reversal::int, t.superseded::int, t.amount_minor, t.fee_minor, t.currency, t.booked_us, t.account_id,
t.txn_id, t.reference_number, t.settlement_id"""
"""`MEMBER_COLUMNS` of `transaction t`, in their order."""


def _read(connection: Connection[Any], column: str, hashes: Collection[int]) -> pl.DataFrame:
    if not hashes:
        return pl.DataFrame(schema=MEMBER_COLUMNS)
    with connection.cursor() as cursor:
        # Joining an array looks each hash up in the index of the one partition that can have it.
        query = f"{SELECT_MEMBER} FROM unnest({bigints(hashes)}) AS wanted (hash) JOIN transaction t ON t.{column} = wanted.hash"
        return copy_out(cursor, query, MEMBER_COLUMNS)


def read_by_group(connection: Connection[Any], hashes: Collection[int]) -> pl.DataFrame:
    """Every revision of every record whose `group_hash` is among `hashes`."""
    return _read(connection, "group_hash", hashes)


def read_by_second(connection: Connection[Any], hashes: Collection[int]) -> pl.DataFrame:
    """Every revision of every record whose `second_hash` is among `hashes`."""
    return _read(connection, "second_hash", hashes)


def read_revisions(connection: Connection[Any], hashes: Collection[int]) -> pl.DataFrame:
    """Every stored revision of the records with these `txn_hash`es, whatever their keys."""
    return _read(connection, "txn_hash", hashes)


def read_members(connection: Connection[Any], hashes: Collection[int]) -> pl.DataFrame:
    """Every revision of every record in the groups with these hashes, whichever key each record is in the group by.

    A record without the key that a reconciliation ties by is a group of its own, named by its `txn_hash`.
    """
    found = [read_by_group(connection, hashes), read_by_second(connection, hashes), read_revisions(connection, hashes)]
    return pl.concat(found).unique(subset=["txn_hash", "revision"], maintain_order=True)


def read_revised(connection: Connection[Any], hashes: pl.Series) -> dict[int, int]:
    """Highest stored revision of those records that have one above 0."""
    # Most sources never correct anything; then nothing is looked up.
    if hashes.is_empty() or connection.execute("SELECT FROM revised LIMIT 1").fetchone() is None:
        return {}
    rows = connection.execute(f"SELECT txn_hash, revision FROM revised WHERE txn_hash = ANY({bigints(hashes)})")
    return dict(rows.fetchall())
