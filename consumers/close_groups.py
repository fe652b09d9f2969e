"""Closing keyed and settlement groups: what the watermarks have passed becomes final, and TIMING becomes MISSING."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.columns import SourceCode
from consumers.locks import lock_shards, shards_of
from consumers.members import read_members
from consumers.replacing import replace_decisions
from consumers.sides import Compiled
from consumers.watermarks import Watermarks, latest_due_day
from reconciler.reconciliation import Shape

__all__ = ["close_groups"]

_GROUPS_A_TRANSACTION = 5_000


def close_groups(
    connection: Connection[Any], compiled: Compiled, sources: Mapping[tuple[str, str], SourceCode], watermarks: Watermarks
) -> int:
    """Bring every group of one reconciliation to what its watermarks say; commits in steps.

    Returns:
        How many groups were solved again.
    """
    reconciliation = compiled.reconciliation
    horizon = watermarks.horizon(reconciliation)
    if not horizon:
        return 0
    calendar = reconciliation.calendar
    if reconciliation.shape is Shape.KEYED and len(horizon) == len(reconciliation.sides):
        # A keyed match only changes in being final, and that follows from its latest booking day.
        due = latest_due_day(calendar, min(horizon.values()))
        connection.execute(
            "UPDATE match SET final = true WHERE reconciliation_id = %s AND NOT final AND booked_on <= %s", (compiled.code, due)
        )
        connection.commit()
    solved = 0
    after = None
    while groups := _due_groups(connection, compiled, latest_due_day(calendar, max(horizon.values())), after):
        lock_shards(connection, shards_of(compiled.space, groups))
        # Which groups a record is in does not change under the locks, so the members read now are whole.
        live = (
            read_members(connection, groups)
            .filter(pl.col("superseded") == 0)
            .with_columns(pl.col("is_reversal").cast(pl.Boolean))
            .filter(pl.col("revision") == pl.col("revision").max().over("txn_hash"))
        )
        replace_decisions(connection, compiled, live, sources, groups=groups, standing=groups, horizon=horizon)
        connection.commit()
        solved += len(groups)
        after = groups[-1]
    return solved


def _due_groups(connection: Connection[Any], compiled: Compiled, due: dt.date, after: int | None) -> list[int]:
    """The next groups, in hash order, about which something provisional is due."""
    tables = ["break"] if compiled.reconciliation.shape is Shape.KEYED else ["break", "match"]
    open_rows = " UNION ".join(
        f"SELECT group_hash FROM {table} WHERE reconciliation_id = %(code)s AND NOT final AND booked_on <= %(due)s "
        "AND (%(after)s::bigint IS NULL OR group_hash > %(after)s)"
        for table in tables
    )
    rows = connection.execute(
        f"SELECT group_hash FROM ({open_rows}) AS due ORDER BY group_hash LIMIT {_GROUPS_A_TRANSACTION}",
        {"code": compiled.code, "due": due, "after": after},
    )
    return [group for (group,) in rows]
