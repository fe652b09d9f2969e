"""Alembic's entry: runs the migrations on the connection that `schemas.migrate` hands over."""

from alembic import context
from sqlalchemy import text

from schemas.tables import metadata

_LOCK = 7_266_011  # any number, the same in every process

connection = context.config.attributes["connection"]
connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
