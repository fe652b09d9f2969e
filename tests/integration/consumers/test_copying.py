"""What `COPY` carries into Postgres and back is what was given: texts of any kind, nulls, numbers at their ends."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consumers.copying import bigints, copy_in, copy_out

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {"number": pl.Int64, "first": pl.String, "second": pl.String, "day": pl.Date}
TEXTS = [
    "",
    " ",
    "\x1e",
    "\x1f",
    "\x1e\x1e",
    "a\x1eb\x1fc",
    "\x1e\x1f\n\x1e",
    "\n",
    "\r",
    "\r\n",
    "a\rb",
    "one\ntwo",
    "\\.",
    "a\n\\.\nb",
    "\\N",
    "\\",
    "NULL",
    '"',
    '""',
    ",",
    "\t",
    "#",
    "💸é",
    "\ufeffbom",
    '{"a":"b\\n"}',
    "\x01\x7f",
]

texts = st.one_of(st.none(), st.sampled_from(TEXTS), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6))


@pytest.fixture(scope="module")
def connection(module_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(module_database_url, autocommit=True) as open_connection:
        open_connection.execute("CREATE TEMPORARY TABLE copied (number bigint, first text, second text, day date)")
        yield open_connection


def round_trip(connection: psycopg.Connection[Any], frame: pl.DataFrame) -> tuple[list[Any], pl.DataFrame]:
    """The rows as Postgres has them after the way in, and the frame after the way out."""
    connection.execute("TRUNCATE copied")
    copy_in(connection, "copied", frame)
    stored = connection.execute("SELECT number, first, second, day FROM copied").fetchall()
    with connection.cursor() as cursor:
        return stored, copy_out(cursor, "SELECT number, first, second, day FROM copied", SCHEMA)


def same(connection: psycopg.Connection[Any], frame: pl.DataFrame) -> bool:
    """Whether nothing is changed on either way."""
    stored, back = round_trip(connection, frame)
    return stored == frame.rows() == back.rows() and dict(back.schema) == dict(frame.schema)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_text_in_every_place(connection: psycopg.Connection[Any], text: str) -> None:
    rows = [(1, text, "x", None), (2, "x", text, dt.date(2026, 2, 28)), (3, text, text, None), (None, None, text, None)]
    assert same(connection, pl.DataFrame(rows, schema=SCHEMA, orient="row"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
            texts,
            texts,
            st.one_of(st.none(), st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))),
        ),
        max_size=5,
    )
)
@example(rows=[(2**63 - 1, None, "", dt.date(1, 1, 1)), (-(2**63), "", None, dt.date(9999, 12, 31)), (None, None, None, None)])
def test_any_rows(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    assert same(connection, pl.DataFrame(rows, schema=SCHEMA, orient="row"))


def test_an_empty_text_is_not_null(connection: psycopg.Connection[Any]) -> None:
    connection.execute("TRUNCATE copied")
    copy_in(connection, "copied", pl.DataFrame([(1, "", None, None)], schema=SCHEMA, orient="row"))
    assert connection.execute("SELECT first IS NULL, second IS NULL FROM copied").fetchone() == (False, True)


def test_no_rows(connection: psycopg.Connection[Any]) -> None:
    assert same(connection, pl.DataFrame(schema=SCHEMA))


def test_arrays_booleans_and_json(connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE TEMPORARY TABLE typed (flag boolean, sides smallint[], said json)")
    frame = pl.DataFrame({"flag": [True, None], "sides": ["{0,1}", "{}"], "said": ['[["key","a \\"b\\" \\n"]]', "{}"]})
    copy_in(connection, "typed", frame)
    rows = connection.execute("SELECT flag, sides, said FROM typed").fetchall()
    assert rows == [(True, [0, 1], [["key", 'a "b" \n']]), (None, [], {})]


def test_a_refused_row_stops_the_whole_copy(connection: psycopg.Connection[Any]) -> None:
    connection.execute("TRUNCATE copied")
    frame = pl.DataFrame([(1, "good", "", None), (2, "NUL \x00", "", None)], schema=SCHEMA, orient="row")
    with pytest.raises(psycopg.Error):
        copy_in(connection, "copied", frame)
    assert connection.execute("SELECT count(*) FROM copied").fetchone() == (0,)


@pytest.mark.parametrize("values", [[], [0], [2**63 - 1, -(2**63)]])
def test_bigints_are_a_literal(connection: psycopg.Connection[Any], values: list[int]) -> None:
    assert connection.execute(f"SELECT {bigints(values)}").fetchone() == (values,)


def test_bigints_take_no_text() -> None:
    with pytest.raises(TypeError):
        bigints(["1}'; DROP TABLE copied; --"])  # type: ignore[list-item]
