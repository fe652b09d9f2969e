"""Channel and type of stored records, read only for reconciliations that ask for them: the others need no look into `detail`."""

from typing import Any

import polars as pl
from psycopg import Connection

from consumers.copying import bigints, copy_out
from reconciler.reconciliation import Reconciliation

__all__ = ["asks_for_kinds", "with_kinds"]

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "txn_hash": pl.Int64,
    "revision": pl.Int64,
    "channel": pl.String,
    "transaction_type": pl.String,
}
_SELECT = """SELECT t.txn_hash, t.revision, t.detail ->> 'channel', t.detail ->> 'transaction_type'
FROM unnest({hashes}) AS wanted (hash) JOIN transaction t ON t.txn_hash = wanted.hash"""


def asks_for_kinds(reconciliation: Reconciliation) -> bool:
    """Whether a filter or a fee profile of the reconciliation goes by channel or type."""
    filters = [side.filter for side in reconciliation.sides]
    asked = [(one.channel, one.transaction_type) for one in filters]
    asked += [(one.channel, one.transaction_type) for one in reconciliation.fees.terms]
    return any(channel or kind for channel, kind in asked)


def with_kinds(connection: Connection[Any], reconciliation: Reconciliation, members: pl.DataFrame) -> pl.DataFrame:
    """Stored members with the columns `channel` and `transaction_type`, empty where a record has none.

    Members that a reconciliation does not ask these of come back as they are.
    """
    if not asks_for_kinds(reconciliation):
        return members
    with connection.cursor() as cursor:
        kinds = copy_out(cursor, _SELECT.format(hashes=bigints(members["txn_hash"].to_list())), _COLUMNS)
    found = members.join(
        kinds.unique(subset=["txn_hash", "revision"]), on=["txn_hash", "revision"], how="left", maintain_order="left"
    )
    return found.with_columns(pl.col("channel", "transaction_type").fill_null(""))
