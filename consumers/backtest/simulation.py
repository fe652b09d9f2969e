"""The back-test itself: both rule versions over the same pieces of history, with the engine that the passes use."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from consumers.backtest.history import History, Row
from consumers.columns import SourceCode
from consumers.items import item_of_row, side_of_row
from consumers.operator_log import OperatorLog
from consumers.watermarks import read_watermarks
from reconciler.dispatch import solve
from reconciler.due import Horizon
from reconciler.reconciliation import KeyField, Reconciliation, Shape
from reconciler.rule_diff import RuleDiff
from reconciler.types import Item
from reconduit.errors import SettingsError
from reconduit.sources import SourceConfig

__all__ = ["BackTest", "back_test", "history_of"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class BackTest:
    """The difference, and over how much of the history.

    Attributes:
        pieces: groups, or books' accounts, that were solved.
        share_ppm: part of all groups that was looked at, in millionths; None for books.
    """

    diff: RuleDiff
    pieces: int
    share_ppm: int | None


def history_of(
    connection: Connection[Any], sources: Sequence[SourceConfig], reconciliations: Sequence[Reconciliation], tenant: str
) -> History:
    """The stored history of every source that one of the reconciliations names.

    Raises:
        SettingsError: none of their sources has ever been stored.
    """
    wanted = {name for one in reconciliations for side in one.sides for name in side.sources}
    by_settlement = {one.name for one in sources if one.partition_by == "settlement_id"}
    rows = connection.execute("SELECT name, source_id FROM source WHERE tenant_id = %s", (tenant,))
    codes = {name: SourceCode(code, name in by_settlement) for name, code in rows if name in wanted}
    if not codes:
        raise SettingsError(
            f"no record of {', '.join(sorted(wanted)) or 'any source'} is stored, so there is no history to test on"
        )
    return History(connection, codes)


def back_test(
    history: History, old: Reconciliation, new: Reconciliation, *, since: dt.datetime | None, sample: int | None
) -> BackTest:
    """What `new` decides otherwise than `old` about the stored history, as the close pass would at the present watermarks.

    Args:
        history: of the sources of both.
        old: rules to compare with.
        new: rules that may be activated.
        since: decisions about records that were all booked before this moment (aware UTC) do not count. Groups and books are
            solved whole all the same.
        sample: about how many groups, or exactly how many books' accounts, to look at; None: all.

    Raises:
        SettingsError: the two are of different shapes or keys, so that their decisions cannot be compared.
    """
    if (old.shape, old.key) != (new.shape, new.key):
        raise SettingsError(
            f"{old.name} version {old.version} is {old.shape} by {old.key}, {new.name} version {new.version} is {new.shape} by "
            f"{new.key}: their decisions cannot be compared. Give the new rules another name and run both for a while"
        )
    testing = _Testing(history, old, new, since)
    if old.shape is Shape.STATEMENT:
        return testing.books(sample)
    return testing.groups(old.key, _share(history, old, sample))


def _share(history: History, rules: Reconciliation, sample: int | None) -> int:
    """Part of all groups that makes `sample` groups; no side has fewer records than there are groups, but for what is missing."""
    if sample is None:
        return _MILLION
    groups = max(1, min(history.count(side.sources) for side in rules.sides))
    return max(1, min(_MILLION, sample * _MILLION // groups))


class _Testing:
    def __init__(self, history: History, old: Reconciliation, new: Reconciliation, since: dt.datetime | None) -> None:
        self._names = history.names()
        self._history = history
        self._rules = (old, new)
        self._since = since
        self._diff = RuleDiff()
        codes = {("", name): code for name, code in history.codes.items()}
        self._watermarks = read_watermarks(history.connection, codes)
        self._operators = OperatorLog()
        self._operators.refresh(history.connection)

    def groups(self, key: KeyField, share_ppm: int) -> BackTest:
        """Compare keyed or settlement groups."""
        count = 0
        for rows in self._history.groups(key, share_ppm):
            horizons = [self._watermarks.horizon(one) for one in self._rules]
            count += self._compare(rows, horizons, key)
        self._diff.finish()
        return BackTest(self._diff, count, share_ppm)

    def books(self, most: int | None) -> BackTest:
        """Compare books; the books of an account go to the engine together, which tells them apart."""
        count = 0
        for account, rows in self._history.accounts(most):
            horizons = [self._watermarks.horizon(one, account) for one in self._rules]
            self._compare(rows, horizons, KeyField.REFERENCE_NUMBER)
            count += 1
        self._diff.finish()
        return BackTest(self._diff, count, None)

    def _compare(self, rows: Sequence[Row], horizons: Sequence[Horizon], key: KeyField) -> int:
        """Solve some whole groups or books by both versions; returns how many distinct keys they have."""
        counted: set[str] | None = None
        if self._since is not None:
            counted = {self._id(row) for row in rows if row["booked_at"] >= self._since}
            if not counted:
                return 0
        first, second = self._rules
        items = [self._items(first, rows, key)]
        items.append(items[0] if first.sides == second.sides else self._items(second, rows, key))
        # A confirmation of groups that are in different pieces waits in both versions, so it makes no difference between them.
        old, new = (
            solve(one, found, horizon, self._operators.about(one.name).about(found))
            for one, found, horizon in zip(self._rules, items, horizons, strict=True)
        )
        self._diff.add((self._rules[0].side_names, self._rules[1].side_names), (old, new), counted)
        return len({item.key or item.id for item in items[1]})

    def _items(self, rules: Reconciliation, rows: Sequence[Row], key: KeyField) -> list[Item]:
        sided = ((row, side_of_row(rules, row, self._names[row["source_id"]])) for row in rows)
        return [item_of_row(row, side, self._names[row["source_id"]], key.value) for row, side in sided if side is not None]

    def _id(self, row: Row) -> str:
        return f"{self._names[row['source_id']]}/{row['txn_id']}"
