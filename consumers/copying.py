"""Frames in and out of Postgres by `COPY`, without a Python object per row.

Separator and quote are control characters that no canonical text contains unquoted, so JSON texts need no quoting.
"""

import io
from collections.abc import Iterable
from typing import Any

import polars as pl
from psycopg import Connection, Cursor

__all__ = ["bigints", "copy_in", "copy_out"]

_SEPARATOR, _QUOTE = "\x1f", "\x1e"
_FORMAT = f"(FORMAT csv, DELIMITER E'\\x{ord(_SEPARATOR):02x}', QUOTE E'\\x{ord(_QUOTE):02x}')"


def copy_in(connection: Connection[Any], table: str, frame: pl.DataFrame) -> None:
    """Append `frame` to `table`; the frame's columns are columns of the table. Nulls stay nulls, empty texts stay texts."""
    if frame.is_empty():
        return
    # Bytes from the beginning: a text would be decoded and encoded again, and a view is cut without copies.
    data = io.BytesIO()
    frame.write_csv(data, include_header=False, separator=_SEPARATOR, quote_char=_QUOTE)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN {_FORMAT}") as copy:
        copy.write(data.getbuffer())


def copy_out(cursor: Cursor[Any], query: str, schema: dict[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """Rows of a query without parameters as a frame of the given schema.

    Booleans must be selected as `::int` and times as epoch microseconds, which are read faster than their texts.
    """
    with cursor.copy(f"COPY ({query}) TO STDOUT {_FORMAT}") as copy:
        data = b"".join(copy)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(data, has_header=False, separator=_SEPARATOR, quote_char=_QUOTE, schema=schema)


def bigints(values: Iterable[int]) -> str:
    """A literal `'{1,2}'::bigint[]`; integers only, so nothing can be injected."""
    texts = pl.Series(list(values), dtype=pl.Int64).cast(pl.String)
    return f"'{{{texts.str.join(',').item()}}}'::bigint[]"
