"""Closing keyed and settlement groups: what the watermarks have passed becomes final, and TIMING becomes MISSING.

Groups that operators decided about since the last round are solved again, and so are open groups that were decided by another
version of the rules.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.columns import SourceCode
from consumers.days_to_seal import finalise_matches
from consumers.members import read_revisions
from consumers.operator_log import OperatorLog
from consumers.replacing import replace_decisions
from consumers.sides import Compiled, group_of
from consumers.ties import lock_live_members
from consumers.watermarks import Watermarks, latest_due_day
from reconciler.reconciliation import Shape

__all__ = ["GroupCloser"]

_GROUPS_A_TRANSACTION = 5_000


class GroupCloser:
    """Brings the groups of one reconciliation to what the watermarks, the rules and the operators say; commits in steps."""

    def __init__(
        self,
        connection: Connection[Any],
        compiled: Compiled,
        sources: Mapping[tuple[str, str], SourceCode],
        operators: OperatorLog,
    ) -> None:
        """Close `compiled` (keyed or settlement shape); the caller keeps `sources` up to date."""
        self.compiled = compiled
        self._connection = connection
        self._sources = sources
        self._operators = operators

    def close(self, watermarks: Watermarks) -> int:
        """One round.

        Returns:
            How many groups were solved again.
        """
        reconciliation = self.compiled.reconciliation
        horizon = watermarks.horizon(reconciliation)
        solved = self._apply_operators(horizon)
        calendar = reconciliation.calendar
        if reconciliation.shape is Shape.KEYED and len(horizon) == len(reconciliation.sides):
            # A keyed match only changes in being final, and that follows from its latest booking day.
            due = latest_due_day(calendar, min(horizon.values()))
            finalise_matches(self._connection, self.compiled.code, due, reconciliation.version)
            self._connection.commit()
        due = latest_due_day(calendar, max(horizon.values())) if horizon else dt.date.min
        after = None
        while groups := self._due_groups(due, after):
            solved += self.solve(groups, horizon)
            self._connection.commit()
            after = groups[-1]
        return solved

    def solve(self, groups: Collection[int], horizon: Mapping[str, dt.datetime] | None) -> int:
        """Solve groups, and those that operators tied to them, in the open transaction. Returns how many there were."""
        live, whole = lock_live_members(self._connection, self.compiled, self._sources, self._operators, groups)
        decided = self._operators.about(self.compiled.reconciliation.name)
        replace_decisions(
            self._connection, self.compiled, live, self._sources, groups=whole, standing=whole, horizon=horizon, decided=decided
        )
        return len(whole)

    def _apply_operators(self, horizon: Mapping[str, dt.datetime]) -> int:
        """Solve what operators decided about since the last round."""
        rows = self._connection.execute(
            "SELECT operator_decision_id, members FROM operator_decision WHERE applied_at IS NULL AND reconciliation = %s",
            (self.compiled.reconciliation.name,),
        ).fetchall()
        if not rows:
            return 0
        records = read_revisions(self._connection, {member for _, members in rows for member in members})
        current = records.filter(pl.col("superseded") == 0)
        groups = set(current.select(group_of(self.compiled, self._sources)).to_series().to_list())
        solved = self.solve(groups, horizon) if groups else 0
        self._connection.execute(
            "UPDATE operator_decision SET applied_at = now() WHERE operator_decision_id = ANY(%s)",
            ([number for number, _ in rows],),
        )
        self._connection.commit()
        return solved

    def _due_groups(self, due: dt.date, after: int | None) -> list[int]:
        """The next groups, in hash order, about which something provisional is due, or was decided by other rules."""
        due_in_match = "" if self.compiled.reconciliation.shape is Shape.KEYED else "booked_on <= %(due)s OR"
        open_rows = " UNION ".join(
            f"SELECT group_hash FROM {table} WHERE reconciliation_id = %(code)s AND NOT final "
            f"AND ({due_rows} rule_version <> %(version)s) AND (%(after)s::bigint IS NULL OR group_hash > %(after)s)"
            for table, due_rows in (("break", "booked_on <= %(due)s OR"), ("match", due_in_match))
        )
        rows = self._connection.execute(
            f"SELECT group_hash FROM ({open_rows}) AS due ORDER BY group_hash LIMIT {_GROUPS_A_TRANSACTION}",
            {"code": self.compiled.code, "due": due, "after": after, "version": self.compiled.reconciliation.version},
        )
        return [group for (group,) in rows]
