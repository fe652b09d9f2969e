"""Bring a database to the newest revision of the tables, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

__all__ = ["upgrade"]


def upgrade(dsn: str, revision: str = "head") -> None:
    """Create or upgrade every table and view in the database at `dsn` (a libpq URL).

    Two processes may call it at once: Alembic's run is serialised by an advisory lock in `migrations/env.py`.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
