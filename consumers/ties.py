"""Groups that operators tied together: a confirmed match of records with different keys is solved with both their groups."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.columns import SourceCode
from consumers.locks import lock_shards, shards_of
from consumers.members import read_members, read_revisions
from consumers.operator_log import OperatorLog, StandingDecisions
from consumers.sides import Compiled, group_of

__all__ = ["components", "lock_live_members"]


def lock_live_members(
    connection: Connection[Any],
    compiled: Compiled,
    sources: Mapping[tuple[str, str], SourceCode],
    operators: OperatorLog,
    groups: Collection[int],
) -> tuple[pl.DataFrame, set[int]]:
    """Lock groups of one reconciliation, and whatever operators tied to them, and read their live members.

    Args:
        connection: in a transaction, which holds the locks until it ends.
        compiled: the reconciliation.
        sources: codes.
        operators: decisions in force; read again under the locks.
        groups: hashes of the groups.

    Returns:
        Live members (`consumers.members.MEMBER_COLUMNS`), and the hashes of all groups that are whole among them.
    """
    wanted = set(groups)
    while True:
        lock_shards(connection, shards_of(compiled.space, wanted))
        # Which groups a record is in does not change under the locks, so the members read now are whole.
        live = _live(read_members(connection, wanted))
        operators.refresh(connection)
        confirmed = operators.about(compiled.reconciliation.name).confirmations(set(live["txn_hash"].to_list()))
        partners = {member for one in confirmed for member in one.members}
        tied = set(_live(read_revisions(connection, partners)).select(group_of(compiled, sources)).to_series().to_list())
        if tied <= wanted:
            return live, wanted
        wanted |= tied


def components(groups: Mapping[int, int], decided: StandingDecisions) -> dict[int, int]:
    """By group, the smallest hash among the groups that operators tied to it; only groups of decided records are in it.

    Args:
        groups: group by `txn_hash`, of all records that are solved together.
        decided: decisions in force.
    """
    there = decided.by_member.keys() & groups.keys()
    found = {groups[member]: groups[member] for member in there}

    def root(group: int) -> int:
        while found[group] != group:
            group = found[group]
        return group

    for one in decided.confirmations(there):
        _join(found, (root(groups[member]) for member in one.members if member in groups))
    return {group: root(group) for group in found}


def _join(found: dict[int, int], roots: Iterable[int]) -> None:
    listed = sorted(set(roots))
    for group in listed[1:]:
        found[group] = listed[0]


def _live(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.filter(pl.col("superseded") == 0)
        .with_columns(pl.col("is_reversal").cast(pl.Boolean))
        .filter(pl.col("revision") == pl.col("revision").max().over("txn_hash"))
    )
