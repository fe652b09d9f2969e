"""Decisions that have a record of one source, found in the way that is cheap for that source.

A source that is alone on its side is told by the sides of a decision. One that shares its side is told by the records: first as
many decisions as often fill a page are looked at one by one; of a source that has few, all records are read once.
"""

from psycopg import sql

from api.database import Database
from api.filters import Condition
from api.queries.keyset import Narrowing

__all__ = ["narrow_to_source"]

# Only reconciliations that have the source are looked at, and records only where its side has other sources too.
_ONE_BY_ONE = sql.SQL("""EXISTS (
    SELECT FROM source_side AS place
    WHERE place.source = %s AND place.reconciliation_id = {view}.reconciliation_id AND place.side = ANY({view}.sides)
      AND (place.alone OR EXISTS (
          SELECT FROM unnest({view}.sides, {view}.members) AS m (side, txn_hash)
          JOIN transaction_view AS t ON t.txn_hash = m.txn_hash
          WHERE m.side = place.side AND t.source = place.source)))""")

# Materialised, so that the tables are read once each and joined, however many rows the planner expects.
_AT_ONCE = sql.SQL("""(reconciliation_id, group_hash, members) IN (
    WITH place AS MATERIALIZED (SELECT * FROM source_side WHERE source = %s),
         own AS MATERIALIZED (
             SELECT t.txn_hash FROM transaction t JOIN source s USING (source_id)
             WHERE s.name = (SELECT min(source) FROM place))
    SELECT d.reconciliation_id, d.group_hash, d.members
    FROM {table} AS d CROSS JOIN LATERAL unnest(d.sides, d.members) AS m (side, txn_hash)
    JOIN own USING (txn_hash)
    JOIN place ON place.reconciliation_id = d.reconciliation_id AND place.side = m.side
    UNION ALL
    SELECT d.reconciliation_id, d.group_hash, d.members
    FROM place JOIN {table} AS d ON d.reconciliation_id = place.reconciliation_id AND place.side = ANY(d.sides)
    WHERE place.alone)""")


def narrow_to_source(database: Database, view: str, table: str, source: str | None) -> Narrowing | None:
    """What narrows the rows of a view of decisions to those that have a record of a source; None without a source.

    Args:
        database: where they are.
        view: `match_view` or `break_view`.
        table: the table that it is of.
        source: name of the source.
    """
    if source is None:
        return None
    one_by_one: Condition = (_ONE_BY_ONE.format(view=sql.Identifier(view)), source)
    shares = database.rows(sql.SQL("SELECT FROM source_side WHERE source = %s AND NOT alone LIMIT 1"), [source])
    if not shares:
        return Narrowing(one_by_one)
    return Narrowing(one_by_one, (_AT_ONCE.format(table=sql.Identifier(table)), source))
