"""Keyset pages: the rows after a sort key, so that a deep page costs what the first one costs and none is skipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg import errors, sql

from api.cursor import CursorSigner
from api.database import Database, Row
from api.errors import BadCursorError
from api.filters import Condition, ListFilter

__all__ = ["Keyset", "Narrowing", "fetch_page"]

_LOOKED_AT = 1_000
"""Rows that are looked at one by one before all are found at once."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A condition that is costly to tell of each row.

    Attributes:
        one_by_one: told of each row by itself.
        at_once: the same told of all rows together, cheaper where few of many have it; None where one by one is always cheap.
    """

    one_by_one: Condition
    at_once: Condition | None = None


@dataclass(frozen=True, slots=True)
class Keyset:
    """A total order of a view's rows.

    Attributes:
        keys: columns and their Postgres types; together unique, or equal rows would fall between two pages.
        direction: one for all keys, so that Postgres compares them as one row.
    """

    view: str
    columns: sql.Composable
    keys: tuple[tuple[str, str], ...]
    direction: Literal["ASC", "DESC"] = "DESC"

    def statement(
        self, conditions: Sequence[sql.Composable], *, after: bool, narrowed: sql.Composable | None = None
    ) -> sql.Composed:
        """SELECT of one page; parameters: those of `conditions`, the sort key when `after`, the number of rows.

        With `narrowed` that number is of the rows that are looked at; the parameters of `narrowed` and the number of rows of the
        page follow.
        """
        order = sql.SQL(", ").join(sql.SQL("{} " + self.direction).format(sql.Identifier(name)) for name, _ in self.keys)
        texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name, _ in self.keys)
        view = sql.Identifier(self.view)
        source: sql.Composable = view
        where = self._where(conditions, after=after)
        if narrowed is not None:
            source = sql.SQL("(SELECT * FROM {0} WHERE {1} ORDER BY {2} LIMIT %s) AS {0}").format(view, where, order)
            where = narrowed
        return sql.SQL("SELECT {columns}, ARRAY[{texts}] AS sort_key FROM {source} WHERE {where} ORDER BY {order} LIMIT %s").format(
            columns=self.columns, texts=texts, source=source, where=where, order=order
        )

    def more_than(self, conditions: Sequence[sql.Composable], *, after: bool) -> sql.Composed:
        """SELECT of one row when there are more rows than a number; parameters: as for `statement`."""
        where = self._where(conditions, after=after)
        return sql.SQL("SELECT FROM {} WHERE {} OFFSET %s LIMIT 1").format(sql.Identifier(self.view), where)

    def _where(self, conditions: Sequence[sql.Composable], *, after: bool) -> sql.Composable:
        where = list(conditions)
        if after:
            keys = sql.SQL(", ").join(sql.Identifier(name) for name, _ in self.keys)
            casts = sql.SQL(", ").join(sql.SQL("%s::" + kind) for _, kind in self.keys)
            where.append(sql.SQL("({}) {} ({})").format(keys, sql.SQL("<" if self.direction == "DESC" else ">"), casts))
        return sql.SQL(" AND ").join(where) if where else sql.SQL("TRUE")


def fetch_page(
    database: Database, signer: CursorSigner, keyset: Keyset, filters: ListFilter, narrowing: Narrowing | None = None
) -> tuple[list[Row], str | None]:
    """Rows of one page and the cursor of the next, None on the last; only what has `narrowing`, where it is given.

    Raises:
        BadCursorError: the cursor is not for this listing and these filters.
    """
    bound_to = {"listing": keyset.view, **filters.query()}
    after = signer.read(filters.cursor, bound_to) if filters.cursor is not None else []
    try:
        rows = _read(database, keyset, filters, after, narrowing)
    except errors.DataError as error:
        raise BadCursorError("the cursor was written by another version; start again without `cursor`") from error
    more = len(rows) > filters.limit
    rows = rows[: filters.limit]
    return rows, signer.write(rows[-1]["sort_key"], bound_to) if more else None


def _read(database: Database, keyset: Keyset, filters: ListFilter, after: Sequence[str], narrowing: Narrowing | None) -> list[Row]:
    """The rows of a page, and one more where there is a next."""
    given, wanted = filters.conditions(), filters.limit + 1
    if narrowing is not None and narrowing.at_once is not None:
        (narrowed, told), conditions = narrowing.one_by_one, [condition for condition, _ in given]
        values = [*(value for _, value in given), *after, _LOOKED_AT]
        found = database.rows(keyset.statement(conditions, after=bool(after), narrowed=narrowed), [*values, told, wanted])
        if len(found) == wanted or not database.rows(keyset.more_than(conditions, after=bool(after)), values):
            return found
    if narrowing is not None:
        given.append(narrowing.at_once or narrowing.one_by_one)
    statement = keyset.statement([condition for condition, _ in given], after=bool(after))
    return database.rows(statement, [*(value for _, value in given), *after, wanted])
