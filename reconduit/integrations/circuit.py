"""Where the circuit to an integration's provider stands, as its last poll left it."""

from typing import Any

import psycopg
from psycopg.rows import tuple_row

from reconduit.integrations.model import Integration

__all__ = ["stored_circuit"]

_SELECT = "SELECT circuit, circuit_reason FROM source_progress WHERE tenant_id = %s AND source = %s AND circuit IS NOT NULL"


def stored_circuit(connection: psycopg.Connection[Any], integration: Integration) -> str | None:
    """State and reason for people, None where none was told: not polled yet, or a source that reads files."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_SELECT, (integration.tenant_id, integration.name)).fetchone()
    if row is None:
        return None
    state, reason = row
    return f"circuit {state.replace('_', ' ')}" + (f": {reason}" if reason else "")
