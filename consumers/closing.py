"""The close pass: one round over every reconciliation, and the repair of revisions that met in flight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.close_books import BookCloser
from consumers.close_groups import close_groups
from consumers.codes import SourceCodes, register_reconciliations
from consumers.columns import SourceCode
from consumers.locks import closing_alone, lock_shards, shards_of
from consumers.members import read_members
from consumers.replacing import replace_decisions
from consumers.revisions import mark_superseded
from consumers.sides import compile_reconciliation
from consumers.watermarks import read_watermarks
from reconciler.reconciliation import Reconciliation, Shape
from reconduit.sources import SourceConfig

__all__ = ["ClosePass", "Closed"]


@dataclass(frozen=True, slots=True)
class Closed:
    """What one round did: groups and books that were solved again, revisions that were repaired."""

    groups: int
    books: int
    repaired: int


class ClosePass:
    """Closes every book and group that its watermarks have passed. One connection, one thread."""

    def __init__(
        self, connection: Connection[Any], sources: Sequence[SourceConfig], reconciliations: Sequence[Reconciliation]
    ) -> None:
        """Register what is new, and look up all codes. Commits."""
        self._connection = connection
        self._codes = SourceCodes(one.name for one in sources if one.partition_by == "settlement_id")
        self._sources: Mapping[tuple[str, str], SourceCode] = self._codes.ensure(
            connection, [(one.tenant_id, one.name) for one in sources]
        )
        codes = register_reconciliations(connection, reconciliations)
        compiled = [compile_reconciliation(one, code) for one, code in zip(reconciliations, codes, strict=True)]
        self._grouped = [one for one in compiled if one.reconciliation.shape is not Shape.STATEMENT]
        self._books = [BookCloser(one, self._sources) for one in compiled if one.reconciliation.shape is Shape.STATEMENT]

    def run(self) -> Closed:
        """One round; commits in steps, so it may be killed anywhere. Waits for another close pass to end its round.

        Raises:
            psycopg.errors.LockNotAvailable: another round took longer than the connection's `lock_timeout`; try again.
        """
        with closing_alone(self._connection):
            return self._round()

    def _round(self) -> Closed:
        repaired = self._repair()
        watermarks = read_watermarks(self._connection, self._sources)
        self._connection.rollback()
        groups = sum(close_groups(self._connection, one, self._sources, watermarks) for one in self._grouped)
        books = sum(book.close(self._connection, watermarks) for book in self._books)
        return Closed(groups, books, repaired)

    def _repair(self) -> int:
        """Mark revisions that two workers stored at once, each without seeing the other's, and solve their groups again."""
        connection = self._connection
        rows = connection.execute(
            "SELECT t.group_hash, t.second_hash, t.txn_hash, t.revision FROM revised r JOIN transaction t USING (txn_hash) "
            "WHERE t.revision < r.revision AND NOT t.superseded"
        ).fetchall()
        if not rows:
            connection.rollback()
            return 0
        schema = {"group_hash": pl.Int64, "second_hash": pl.Int64, "txn_hash": pl.Int64, "revision": pl.Int64}
        late = pl.DataFrame(rows, schema=schema, orient="row")
        # By each key, and by itself where it lacks one.
        hashes = {*late["group_hash"].to_list(), *late["second_hash"].drop_nulls().to_list(), *late["txn_hash"].to_list()}
        lock_shards(connection, set().union(*(shards_of(one.space, hashes) for one in self._grouped)))
        mark_superseded(connection, late)
        live = (
            read_members(connection, hashes).filter(pl.col("superseded") == 0).with_columns(pl.col("is_reversal").cast(pl.Boolean))
        )
        # Every column was searched for every hash, so each group is whole in whichever key space it is.
        for one in self._grouped:
            replace_decisions(connection, one, live, self._sources, groups=hashes, standing=hashes)
        connection.commit()
        return len(rows)
