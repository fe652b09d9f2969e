"""Revisions of one record: only the highest counts, whatever key each of them has and whatever order they came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.copying import bigints
from consumers.members import read_revised, read_revisions

__all__ = ["Earlier", "find_earlier", "highest_revisions", "mark_superseded", "remember_revised"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is stored of the records in a batch outside their own groups.

    Attributes:
        rows: every stored revision of the records that the batch revises (`consumers.members.MEMBER_COLUMNS`).
        revised: highest stored revision above 0, by `txn_hash`, for all records of the batch.
    """

    rows: pl.DataFrame
    revised: Mapping[int, int]


def find_earlier(connection: Connection[Any], batch: pl.DataFrame) -> Earlier:
    """Look up earlier revisions of the records that have one (revision above 0), and later ones of all."""
    rising = batch.filter(pl.col("revision") > 0)["txn_hash"].unique().to_list()
    return Earlier(read_revisions(connection, rising), read_revised(connection, batch["txn_hash"].unique()))


def highest_revisions(rows: pl.DataFrame, revised: Mapping[int, int]) -> pl.DataFrame:
    """`rows` with `superseded` true where a higher revision of the record is among them or in `revised`."""
    known = pl.DataFrame(
        {"txn_hash": list(revised), "known": list(revised.values())}, schema={"txn_hash": pl.Int64, "known": pl.Int64}
    )
    highest = pl.max_horizontal(pl.col("revision").max().over("txn_hash"), pl.col("known"))
    return (
        rows.join(known, on="txn_hash", how="left", maintain_order="left")
        .with_columns((pl.col("revision") < highest).alias("superseded"))
        .drop("known")
    )


def mark_superseded(connection: Connection[Any], rows: pl.DataFrame) -> None:
    """Mark stored rows (group_hash, txn_hash, revision) as superseded."""
    if rows.is_empty():
        return
    connection.execute(
        "UPDATE transaction t SET superseded = true FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) "
        "AS old (group_hash, txn_hash, revision) "
        "WHERE t.group_hash = old.group_hash AND t.txn_hash = old.txn_hash AND t.revision = old.revision",
        (rows["group_hash"].to_list(), rows["txn_hash"].to_list(), rows["revision"].to_list()),
    )


def remember_revised(connection: Connection[Any], rows: pl.DataFrame) -> None:
    """Remember new rows' highest revision above 0, so that an earlier revision that comes late is known as such."""
    rising = rows.filter(pl.col("revision") > 0).group_by("txn_hash").agg(pl.col("revision").max()).sort("txn_hash")
    if rising.is_empty():
        return
    connection.execute(
        "INSERT INTO revised (txn_hash, revision) "
        f"SELECT * FROM unnest({bigints(rising['txn_hash'])}, {bigints(rising['revision'])}) "
        "ON CONFLICT (txn_hash) DO UPDATE SET revision = greatest(revised.revision, excluded.revision)"
    )
