"""What stands decided about some groups, as a frame: one line a decision, with the records that it names."""

from collections.abc import Collection
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.copying import bigints, copy_out
from consumers.sides import Compiled
from schemas.tables import STAGES

__all__ = ["read_decided"]

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "matched": pl.Int8,
    "final": pl.Int8,
    "booked_on": pl.Date,
    "currency": pl.String,
    "members": pl.String,
    "line": pl.String,
}

# Codes, hashes and JSON texts only: the line of a decision is the same wherever and whenever it was stored.
_MATCH = """
SELECT 1, d.final::int, d.booked_on, d.currency, array_to_string(d.members, ','),
       json_build_array('match', d.key, d.sides, d.members, d.stage, d.decision, d.probability_ppm, d.amount_minor, d.currency,
                        d.account_id)::text
FROM match d
"""
_BREAK = """
SELECT 0, d.final::int, d.booked_on, d.currency, array_to_string(d.members, ','),
       json_build_array('break', d.key, d.sides, d.members, d.type, d.amount_minor, d.currency, d.account_id)::text
FROM break d
"""


def read_decided(connection: Connection[Any], compiled: Compiled, groups: Collection[int]) -> pl.DataFrame:
    """Every match and break that is filed under one of `groups`, and every match that an operator made.

    A match that an operator made may span groups, and is filed under one of them only.

    Returns:
        One row a decision: `matched` (False: a break), `final`, `booked_on`, `currency`, `members` (list of `txn_hash`) and
        `line`, the text that stands for it in digests.
    """
    where = f"WHERE d.reconciliation_id = {compiled.code}"
    wanted = f"JOIN unnest({bigints(groups)}) AS wanted (hash) ON d.group_hash = wanted.hash {where}"
    manual = f"{where} AND d.stage = {STAGES['manual']}"
    with connection.cursor() as cursor:
        query = f"{_MATCH} {wanted} UNION {_MATCH} {manual} UNION ALL {_BREAK} {wanted}"
        found = copy_out(cursor, query, _COLUMNS)
    return found.with_columns(
        pl.col("matched", "final").cast(pl.Boolean), pl.col("members").str.split(",").cast(pl.List(pl.Int64)).alias("members")
    )
