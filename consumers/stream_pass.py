"""The stream pass: store a batch's records and re-solve the groups that they touch, in one READ COMMITTED transaction.

Order matters. Offsets move first, by compare-and-set, so that a zombie stops before it works. Then the shards of all touched groups
are locked, and only then are the groups' members read; so of two workers that hold halves of one group, the second sees the
first's rows. Then new rows are copied in, earlier revisions are marked, the groups are solved whole, and their decisions replace
the ones that stood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.columns import STORED, SourceCode
from consumers.copying import copy_in
from consumers.locks import KeySpace, lock_shards, shards_of
from consumers.members import MEMBER_COLUMNS, read_by_group, read_by_second, read_revisions
from consumers.operator_log import OperatorLog
from consumers.replacing import replace_decisions
from consumers.revisions import Earlier, find_earlier, highest_revisions, mark_superseded, remember_revised
from consumers.sides import Compiled

__all__ = ["Applied", "StreamPass"]

_FLAGS = ("is_reversal", "superseded")


@dataclass(frozen=True, slots=True)
class Applied:
    """What a batch did.

    Attributes:
        stored: new rows in `transaction`.
        duplicates: records that were stored already, or twice in the batch.
        matches, breaks: decisions written, by reconciliation name.
    """

    stored: int
    duplicates: int
    matches: Mapping[str, int]
    breaks: Mapping[str, int]


class StreamPass:
    """Applies batches for a set of keyed and settlement reconciliations."""

    def __init__(self, compiled: Sequence[Compiled], sources: Mapping[tuple[str, str], SourceCode]) -> None:
        """Decide `compiled` (keyed and settlement shapes); the caller keeps the codes of `sources` up to date."""
        self._compiled = compiled
        self._sources = sources
        self._seconds = {(one.space, name) for one in compiled for name in one.sources}
        self._operators = OperatorLog()

    def apply(self, connection: Connection[Any], batch: pl.DataFrame) -> Applied:
        """Store and solve, inside the caller's open transaction.

        Args:
            connection: in a READ COMMITTED transaction in which the offsets have been moved.
            batch: stored columns (`consumers.columns.STORED`).
        """
        records = batch.unique(subset=["txn_hash", "revision"], keep="first", maintain_order=True)
        earlier = find_earlier(connection, records)
        touched = self._touched(records, earlier.rows)
        lock_shards(connection, set().union(*(shards_of(space, hashes) for space, hashes in touched.items())))
        if not earlier.rows.is_empty():
            # Read again under the locks: another worker may have stored a revision meanwhile.
            earlier = find_earlier(connection, records)
            touched = {space: hashes | self._touched(records, earlier.rows)[space] for space, hashes in touched.items()}
        known = self._read(connection, touched)
        known, tied = self._read_tied(connection, records, known, touched)
        fresh = records.join(known, on=["txn_hash", "revision", "txn_id"], how="anti", maintain_order="left")
        if fresh.is_empty():
            return Applied(0, len(batch), {}, {})
        members = self._store(connection, fresh, known, earlier)
        affected, standing = self._touched(fresh, earlier.rows), self._touched(known, earlier.rows)
        affected = {space: groups | tied[space] for space, groups in affected.items()}
        matches, breaks = self._solve(connection, members, affected, standing)
        return Applied(len(fresh), len(batch) - len(fresh), matches, breaks)

    def _touched(self, *frames: pl.DataFrame) -> dict[KeySpace, set[int]]:
        """Groups that these rows are in, by key space; by a row's other key only where a reconciliation uses it."""
        touched: dict[KeySpace, set[int]] = {KeySpace.REFERENCE: set(), KeySpace.SETTLEMENT: set()}
        for (_, name), code in self._sources.items():
            first, second = _spaces(code)
            for frame in frames:
                rows = frame.filter(pl.col("source_id") == code.source_id)
                if rows.is_empty():
                    continue
                touched[first].update(rows["group_hash"].to_list())
                if (second, name) in self._seconds:
                    touched[second].update(rows.select(pl.coalesce("second_hash", "txn_hash")).to_series().to_list())
        return touched

    def _read(self, connection: Connection[Any], touched: Mapping[KeySpace, set[int]]) -> pl.DataFrame:
        """Stored members of the touched groups: by the key that partitions their topic, and by the other one."""
        known = read_by_group(connection, touched[KeySpace.REFERENCE] | touched[KeySpace.SETTLEMENT])
        seconds = {
            space for code in self._sources.values() for space in [_spaces(code)[1]] if space in {one for one, _ in self._seconds}
        }
        if not seconds:
            return known
        others = [read_by_second(connection, touched[space]) for space in seconds]
        return pl.concat([known, *others]).unique(subset=["txn_hash", "revision"], maintain_order=True)

    def _read_tied(
        self, connection: Connection[Any], records: pl.DataFrame, known: pl.DataFrame, touched: Mapping[KeySpace, set[int]]
    ) -> tuple[pl.DataFrame, Mapping[KeySpace, set[int]]]:
        """Lock and read what operators tied to the touched groups, too.

        Returns:
            The stored members of all these groups, and the groups of the confirmed records.
        """
        tied: dict[KeySpace, set[int]] = {space: set() for space in touched}
        held = dict(touched)
        while True:
            # Under the locks: whoever decided before they were taken is seen here, and who decides later finds our rows.
            self._operators.refresh(connection)
            if not self._operators:
                return known, tied
            seen = {*records["txn_hash"].to_list(), *known["txn_hash"].to_list()}
            confirmed = {
                decision
                for one in self._compiled
                for decision in self._operators.about(one.reconciliation.name).confirmations(seen)
            }
            rows = read_revisions(connection, {member for one in confirmed for member in one.members})
            tied = self._touched(rows)
            more = {space: groups - held[space] for space, groups in tied.items()}
            if not any(more.values()):
                return known, tied
            # Not in order any more, so this may deadlock; the server notices, and the batch is tried again.
            lock_shards(connection, set().union(*(shards_of(space, hashes) for space, hashes in more.items())))
            held = {space: groups | more[space] for space, groups in held.items()}
            known = pl.concat([known, self._read(connection, more)]).unique(subset=["txn_hash", "revision"], maintain_order=True)

    def _store(self, connection: Connection[Any], fresh: pl.DataFrame, known: pl.DataFrame, earlier: Earlier) -> pl.DataFrame:
        """Copy the new rows, mark what they supersede, and return every live member of the touched groups."""
        rows = pl.concat(
            [
                fresh.select(pl.col(name).cast(dtype) for name, dtype in MEMBER_COLUMNS.items()),
                known,
                earlier.rows.join(known, on=["txn_hash", "revision"], how="anti"),
            ]
        )
        if earlier.revised or (rows["revision"] > 0).any():
            ranked = highest_revisions(rows, earlier.revised)
            stored = pl.concat([known, earlier.rows]).unique(subset=["txn_hash", "revision"])
            demoted = ranked.filter("superseded").join(
                stored.filter(pl.col("superseded") == 0), on=["txn_hash", "revision"], how="semi"
            )
            fresh = _ranked(fresh, ranked)
            mark_superseded(connection, demoted)
            remember_revised(connection, fresh)
            live = ranked.filter(~pl.col("superseded"))
        else:
            live = rows
        # In the order of the index of groups: neighbours go to the same pages, which saves a fifth of the server's work.
        copy_in(connection, "transaction", fresh.select(STORED).sort("group_hash"))
        return live.with_columns(pl.col(name).cast(pl.Boolean) for name in _FLAGS)

    def _solve(
        self,
        connection: Connection[Any],
        members: pl.DataFrame,
        affected: Mapping[KeySpace, set[int]],
        standing: Mapping[KeySpace, set[int]],
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Solve the affected groups of every reconciliation; other groups of the members were not read whole."""
        matches: dict[str, int] = {}
        breaks: dict[str, int] = {}
        for one in self._compiled:
            groups = affected[one.space]
            name = one.reconciliation.name
            matches[name], breaks[name] = replace_decisions(
                connection,
                one,
                members,
                self._sources,
                groups=groups,
                standing=groups & standing[one.space],
                decided=self._operators.about(name),
            )
        return matches, breaks


def _spaces(code: SourceCode) -> tuple[KeySpace, KeySpace]:
    """Key space of a source's `group_hash`, and of its `second_hash`."""
    pair = (KeySpace.REFERENCE, KeySpace.SETTLEMENT)
    return (pair[1], pair[0]) if code.by_settlement else pair


def _ranked(fresh: pl.DataFrame, ranked: pl.DataFrame) -> pl.DataFrame:
    """`fresh` with the `superseded` that `ranked` says."""
    said = ranked.select("txn_hash", "revision", pl.col("superseded").alias("said"))
    return (
        fresh.join(said, on=["txn_hash", "revision"], how="left", maintain_order="left")
        .with_columns(superseded="said")
        .drop("said")
    )
