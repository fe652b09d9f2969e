"""The log of an integration: what happened to it, the latest thousand events."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

__all__ = ["KEPT_EVENTS", "Level", "read_events", "write_event"]

KEPT_EVENTS = 1000

Level = Literal["info", "warning", "error"]

_TRIM = """
DELETE FROM integration_event WHERE integration_id = %(id)s AND event_id <= (
    SELECT event_id FROM integration_event WHERE integration_id = %(id)s ORDER BY event_id DESC OFFSET %(kept)s LIMIT 1)
"""


def write_event(
    connection: psycopg.Connection[Any], integration_id: UUID, level: Level, event: str, detail: Mapping[str, Any]
) -> None:
    """Add an event, and drop what is older than the latest KEPT_EVENTS. `detail` holds no secret."""
    connection.execute(
        "INSERT INTO integration_event (integration_id, level, event, detail) VALUES (%s, %s, %s, %s)",
        (integration_id, level, event, Jsonb({name: _storable(value) for name, value in detail.items()})),
    )
    connection.execute(_TRIM, {"id": integration_id, "kept": KEPT_EVENTS})


def read_events(
    connection: psycopg.Connection[Any], integration_id: UUID, limit: int, level: Level | None = None
) -> list[dict[str, Any]]:
    """The latest events, of one level or of all when None, newest first: event_id, at, level, event, detail."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT event_id, at, level, event, detail FROM integration_event WHERE integration_id = %s "
            "AND (%s::text IS NULL OR level = %s) ORDER BY event_id DESC LIMIT %s",
            (integration_id, level, level, limit),
        ).fetchall()


def _storable(value: object) -> object:
    # JSON in Postgres holds no NUL character, and a provider's words may.
    return value.replace("\x00", "\\x00") if isinstance(value, str) else value
