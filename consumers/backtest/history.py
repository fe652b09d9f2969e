"""Stored history as the engine's items, in pieces of bounded size that are whole: groups by ranges of hashes, books by account."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.rows import dict_row

from consumers.columns import SourceCode
from consumers.items import RECORD_COLUMNS
from reconciler.reconciliation import KeyField

__all__ = ["History", "Row", "snapshot"]

Row = Mapping[str, Any]
"""A stored record with the columns of `consumers.items.RECORD_COLUMNS`."""

_RECORDS_A_PIECE = 20_000
_LEAST_HASH, _HASHES = -(2**63), 2**64
_LIVE = f"SELECT {RECORD_COLUMNS} FROM transaction t WHERE NOT t.superseded AND t.source_id = ANY"


@contextmanager
def snapshot(dsn: str) -> Iterator[Connection[Any]]:
    """A connection in one transaction that sees the database as it is now, whatever is written meanwhile, and cannot write."""
    with psycopg.connect(dsn, application_name="reconduit-backtest") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            yield connection
        finally:
            connection.rollback()


@dataclass(frozen=True, slots=True)
class History:
    """What is stored of some sources.

    Attributes:
        connection: in one read-only snapshot.
        codes: the sources, by name.
    """

    connection: Connection[Any]
    codes: Mapping[str, SourceCode]

    def names(self) -> Mapping[int, str]:
        """Source names by their codes."""
        return {code.source_id: name for name, code in self.codes.items()}

    def groups(self, key: KeyField, share_ppm: int) -> Iterator[Sequence[Row]]:
        """Live records in pieces; a group, which is what shares a key, is in one piece as a whole.

        Args:
            key: what ties groups.
            share_ppm: part of all groups in millionths: a random one, by the hash of their keys, and always the same.
        """
        settlement = key is KeyField.SETTLEMENT_ID
        own = [code.source_id for code in self.codes.values() if code.by_settlement == settlement]
        other = [code.source_id for code in self.codes.values() if code.by_settlement != settlement]
        wanted = _HASHES * share_ppm // 1_000_000
        pieces = max(1, self.count() * share_ppm // 1_000_000 // _RECORDS_A_PIECE)
        # A record's own hash stands for the key that it lacks.
        query = (
            f"{_LIVE}(%(own)s) AND t.group_hash BETWEEN %(first)s AND %(last)s "
            f"UNION ALL {_LIVE}(%(other)s) AND t.second_hash BETWEEN %(first)s AND %(last)s "
            f"UNION ALL {_LIVE}(%(other)s) AND t.second_hash IS NULL AND t.txn_hash BETWEEN %(first)s AND %(last)s"
        )
        for piece in range(pieces):
            first = _LEAST_HASH + wanted * piece // pieces
            last = _LEAST_HASH + wanted * (piece + 1) // pieces - 1
            with self.connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(query, {"own": own, "other": other, "first": first, "last": last}).fetchall()
            if rows:
                yield rows

    def accounts(self, most: int | None) -> Iterator[tuple[str, Sequence[Row]]]:
        """Live records account by account, without the details of batch entries.

        Args:
            most: how many accounts, chosen at random but always the same ones; None: all.
        """
        chosen = (
            "AND t.account_id IN (SELECT account_id FROM (SELECT DISTINCT account_id FROM transaction "
            "WHERE source_id = ANY(%(codes)s)) AS every ORDER BY md5(account_id) LIMIT %(most)s)"
            if most is not None
            else ""
        )
        query = f"{_LIVE}(%(codes)s) AND t.detail ->> 'parent_txn_id' IS NULL {chosen} ORDER BY t.account_id"
        codes = list(self.names())
        # A cursor of the server: one account at a time is in memory.
        with self.connection.cursor("accounts", row_factory=dict_row) as cursor:
            cursor.itersize = 5_000
            rows = cursor.execute(query, {"codes": codes, "most": most})
            for account, found in groupby(rows, key=lambda row: str(row["account_id"])):
                yield account, list(found)

    def count(self, sources: Sequence[str] | None = None) -> int:
        """How many live records there are, of all sources or of some."""
        codes = [code.source_id for name, code in self.codes.items() if sources is None or name in sources]
        row = self.connection.execute(
            "SELECT count(*) FROM transaction WHERE NOT superseded AND source_id = ANY(%s)", (codes,)
        ).fetchone()
        assert row is not None
        return int(row[0])
