"""The migrations make what `schemas.tables` describes, once, whoever asks and how often."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from schemas import migrate
from schemas.migrate import upgrade
from schemas.tables import BREAK_TYPES, DIRECTIONS, STAGES, STATUSES, metadata

MIGRATIONS = Path(migrate.__file__).parent / "migrations"
UPGRADE = "import os; from schemas.migrate import upgrade; upgrade(os.environ['DATABASE_URL'])"


def inventory(url: str) -> list[tuple[str, str, str]]:
    """Every table, view, column, index and constraint with its definition."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            """SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) || a.attnotnull::text
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
               UNION ALL SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
               UNION ALL SELECT viewname::text, '', definition FROM pg_views WHERE schemaname = 'public'
               UNION ALL SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint
               WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3"""
        ).fetchall()


def test_the_tables_are_those_that_the_code_describes(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.connect() as connection:
            partitions = {name for (name,) in connection.execute(text("SELECT inhrelid::regclass::text FROM pg_inherits"))}
            context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
            found = compare_metadata(context, metadata)
            # Changes of one column come as a list of their own.
            flat = [one for group in found for one in (group if isinstance(group, list) else [group])]
            # Indexes and partitions are the migrations' own, made for the queries; comments are for who reads the code.
            expected = ("remove_index", "modify_comment")
            differences = [
                one for one in flat if one[0] not in expected and not (one[0] == "remove_table" and one[1].name in partitions)
            ]
            assert differences == []
    finally:
        engine.dispose()


def test_columns_are_in_the_described_order(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for table in metadata.tables.values():
            rows = connection.execute(
                "SELECT column_name, is_nullable = 'YES' FROM information_schema.columns "
                "WHERE table_name = %s ORDER BY ordinal_position",
                (table.name,),
            ).fetchall()
            assert rows == [(column.name, bool(column.nullable)) for column in table.columns], table.name


def test_a_second_upgrade_changes_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    first = inventory(empty_database_url)
    upgrade(empty_database_url)
    assert inventory(empty_database_url) == first


def test_two_processes_at_once(empty_database_url: str) -> None:
    environment = os.environ | {"DATABASE_URL": empty_database_url}
    running = [
        subprocess.Popen([sys.executable, "-c", UPGRADE], env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    finished = [(process.communicate(timeout=120)[1], process.returncode) for process in running]
    assert [(error, status) for error, status in finished if status] == []
    with psycopg.connect(empty_database_url) as connection:
        heads = ScriptDirectory(MIGRATIONS).get_heads()
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(head,) for head in heads]


def test_there_is_one_line_of_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_a_failed_upgrade_leaves_nothing_behind(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE match (something_else int)")
    with pytest.raises(Exception, match=r"relation .match. already exists"):
        upgrade(empty_database_url)
    assert {name for name, _, _ in inventory(empty_database_url)} == {"match"}


def test_transactions_are_spread_over_hash_partitions(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'transaction'::regclass").fetchone()
        assert rows == (8,)


@pytest.mark.parametrize(
    ("view", "column", "codes"),
    [
        ("break_view", "type", BREAK_TYPES),
        ("match_view", "stage", STAGES),
        ("transaction_view", "direction", DIRECTIONS),
        ("transaction_view", "status", STATUSES),
    ],
)
def test_views_give_every_code_its_name(database_url: str, view: str, column: str, codes: dict[str, int]) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT pg_get_viewdef(%s::regclass)", (view,)).fetchone()
        assert found is not None
        definition = " ".join(found[0].split())
    for name, code in codes.items():
        literal = f"'{code}'::integer" if code < 0 else str(code)
        assert f"WHEN {literal} THEN '{name}'::text" in definition or f"WHEN ({code}) THEN '{name}'::text" in definition


def test_the_view_gives_a_transaction_s_time_to_the_microsecond(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO source (tenant_id, name) VALUES ('default', 'hdfc')")
        connection.execute(
            "INSERT INTO transaction VALUES (1, 2, NULL, 0, 0, 100, NULL, -1, NULL, 1, -1, 2, 0, false, false, 'INR', 'acc', "
            "'acc:1', NULL, NULL, '{}')"
        )
        row = connection.execute(
            "SELECT source, direction, status, current, "
            "to_char(booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') "
            "FROM transaction_view"
        ).fetchone()
        assert row == ("hdfc", "DEBIT", "PENDING", True, "1969-12-31 23:59:59.999999")


def test_a_negative_amount_is_refused_at_rest_too(database_url: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "INSERT INTO transaction VALUES (1, 2, NULL, 0, 0, -1, NULL, 0, NULL, 1, 1, 0, 0, false, false, 'INR', 'a', 'b', "
            "NULL, NULL, '{}')"
        )
