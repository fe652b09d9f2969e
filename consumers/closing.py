"""The close pass: one round over every reconciliation, and the repair of revisions that met in flight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.close_books import BookCloser
from consumers.close_groups import GroupCloser
from consumers.codes import SourceCodes, register_reconciliations
from consumers.columns import SourceCode
from consumers.locks import closing_alone, lock_shards, shards_of
from consumers.operator_log import OperatorLog
from consumers.revisions import mark_superseded
from consumers.sealing_days import DaySealer
from consumers.sides import compile_reconciliation
from consumers.statement_breaks import StatementBreaks
from consumers.watermarks import read_watermarks
from reconciler.reconciliation import Reconciliation, Shape
from reconduit.sources import SourceConfig

__all__ = ["ClosePass", "Closed"]


@dataclass(frozen=True, slots=True)
class Closed:
    """What one round did: groups and books that were solved again, new seals of days and books, revisions that were repaired."""

    groups: int
    books: int
    sealed: int
    repaired: int


class ClosePass:
    """Closes every book and group that its watermarks have passed. One connection, one thread."""

    def __init__(
        self, connection: Connection[Any], sources: Sequence[SourceConfig], reconciliations: Sequence[Reconciliation]
    ) -> None:
        """Register what is new, and look up all codes. Commits.

        Raises:
            RuleVersionError: rules have changed and their version has not.
        """
        self._connection = connection
        # Records' times are read in the session's zone, and the engine goes by their dates.
        connection.execute("SET timezone = 'UTC'")
        self._codes = SourceCodes(one.name for one in sources if one.partition_by == "settlement_id")
        self._sources: Mapping[tuple[str, str], SourceCode] = self._codes.ensure(
            connection, [(one.tenant_id, one.name) for one in sources]
        )
        self._operators = OperatorLog()
        codes = register_reconciliations(connection, reconciliations)
        compiled = [compile_reconciliation(one, code) for one, code in zip(reconciliations, codes, strict=True)]
        self._groups = [
            GroupCloser(connection, one, self._sources, self._operators)
            for one in compiled
            if one.reconciliation.shape is not Shape.STATEMENT
        ]
        self._days = [DaySealer(connection, one.compiled, self._sources) for one in self._groups]
        self._books = [
            BookCloser(connection, one, self._sources, self._operators)
            for one in compiled
            if one.reconciliation.shape is Shape.STATEMENT
        ]
        self._statements = [StatementBreaks(connection, one, self._sources) for one in compiled]

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
        self._operators.refresh(self._connection)
        self._connection.rollback()
        groups = sum(one.close(watermarks) for one in self._groups)
        days = sum(one.seal(watermarks) for one in self._days)
        books = [one.close(watermarks) for one in self._books]
        for statements in self._statements:
            statements.close()
        return Closed(groups, sum(one.solved for one in books), days + sum(one.sealed for one in books), repaired)

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
        lock_shards(connection, set().union(*(shards_of(one.compiled.space, hashes) for one in self._groups)))
        mark_superseded(connection, late)
        # Every group is read by every hash, so each is whole in whichever key space it is.
        for one in self._groups:
            one.solve(hashes, horizon=None)
        connection.commit()
        return len(rows)
