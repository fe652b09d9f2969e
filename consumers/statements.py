"""Storing what sources say of their completeness: statements with their proofs, and watermarks that only move forward."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.columns import SourceCode

__all__ = ["store_statements"]

_STATEMENT, _WATERMARK = 0, 1
_PROOFS = ("PROVED", "FAILED", "NOT_PROVABLE")
_COLUMNS = (
    "account_id",
    "currency",
    "sequence",
    "opening_minor",
    "opening_date",
    "closing_minor",
    "closing_date",
    "entry_count",
    "credit_minor",
    "debit_minor",
)

_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)


def store_statements(connection: Connection[Any], frame: pl.DataFrame, sources: Mapping[tuple[str, str], SourceCode]) -> int:
    """Store statement records (canonical columns, enums as symbol indexes) in the open transaction.

    A statement that comes again replaces itself; a watermark never moves back.

    Returns:
        How many statements failed their proof.
    """
    failed = 0
    with connection.cursor() as cursor:
        for row in frame.iter_rows(named=True):
            code = sources[row["tenant_id"], row["source"]].source_id
            if row["kind"] == _STATEMENT:
                failed += _PROOFS[row["proof"]] == "FAILED"
                cursor.execute(
                    f"INSERT INTO statement (source_id, statement_id, proof, raw_ref, {', '.join(_COLUMNS)}) "
                    f"VALUES (%s, %s, %s, %s{', %s' * len(_COLUMNS)}) ON CONFLICT (source_id, statement_id) DO UPDATE SET "
                    f"proof = excluded.proof, raw_ref = excluded.raw_ref, {_REPLACED}",
                    (code, row["statement_id"], _PROOFS[row["proof"]], row["raw_ref"], *(row[name] for name in _COLUMNS)),
                )
            if row["complete_through"] is not None:
                cursor.execute(
                    "INSERT INTO source_watermark (source_id, account_id, complete_through) VALUES (%s, %s, %s) "
                    "ON CONFLICT (source_id, account_id) DO UPDATE SET "
                    "complete_through = greatest(source_watermark.complete_through, excluded.complete_through)",
                    (code, row["account_id"], row["complete_through"]),
                )
    return failed
