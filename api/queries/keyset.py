"""Keyset pages: the rows after a sort key, so that a deep page costs what the first one costs and none is skipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg import errors, sql

from api.cursor import CursorSigner
from api.database import Database, Row
from api.errors import BadCursorError
from api.filters import Condition, ListFilter

__all__ = ["Keyset", "fetch_page"]


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

    def statement(self, conditions: Sequence[sql.Composable], *, after: bool) -> sql.Composed:
        """SELECT of one page; parameters: those of `conditions`, the sort key when `after`, the number of rows."""
        keys = sql.SQL(", ").join(sql.Identifier(name) for name, _ in self.keys)
        where = list(conditions)
        if after:
            casts = sql.SQL(", ").join(sql.SQL("%s::" + kind) for _, kind in self.keys)
            where.append(sql.SQL("({}) {} ({})").format(keys, sql.SQL("<" if self.direction == "DESC" else ">"), casts))
        order = sql.SQL(", ").join(sql.SQL("{} " + self.direction).format(sql.Identifier(name)) for name, _ in self.keys)
        texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name, _ in self.keys)
        return sql.SQL("SELECT {columns}, ARRAY[{texts}] AS sort_key FROM {view} WHERE {where} ORDER BY {order} LIMIT %s").format(
            columns=self.columns,
            texts=texts,
            view=sql.Identifier(self.view),
            where=sql.SQL(" AND ").join(where) if where else sql.SQL("TRUE"),
            order=order,
        )


def fetch_page(database: Database, signer: CursorSigner, keyset: Keyset, filters: ListFilter) -> tuple[list[Row], str | None]:
    """Rows of one page and the cursor of the next, None on the last.

    Raises:
        BadCursorError: the cursor is not for this listing and these filters.
    """
    conditions: list[Condition] = filters.conditions()
    bound_to = {"listing": keyset.view, **filters.query()}
    after = signer.read(filters.cursor, bound_to) if filters.cursor is not None else []
    statement = keyset.statement([condition for condition, _ in conditions], after=bool(after))
    parameters = [*(value for _, value in conditions), *after, filters.limit + 1]
    try:
        rows = database.rows(statement, parameters)
    except errors.DataError as error:
        raise BadCursorError("the cursor was written by another version; start again without `cursor`") from error
    more = len(rows) > filters.limit
    rows = rows[: filters.limit]
    return rows, signer.write(rows[-1]["sort_key"], bound_to) if more else None
