"""Switching the recording of an integration's HTTP exchanges on for some hours, for support; it ends by itself."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from reconduit.integrations.events import write_event
from reconduit.integrations.model import Integration
from reconduit.integrations.registry import find_integration, notify

__all__ = ["MOST_HOURS", "set_recording"]

MOST_HOURS = 168
"""A week: what was recorded is not kept longer either."""

# Status and next poll stay: nobody has acted on what the integration waits for.
_SWITCH = """
UPDATE integration SET record_http_until = CASE WHEN %(hours)s > 0 THEN now() + make_interval(hours => %(hours)s) END,
       version = version + 1, updated_at = now()
WHERE integration_id = %(id)s RETURNING *
"""


def set_recording(connection: psycopg.Connection[Any], tenant: str, key: str, hours: int, *, actor: str) -> Integration:
    """Record the exchanges of an integration from now on; its producer is started anew.

    Args:
        connection: in a transaction.
        tenant: whose.
        key: id or name.
        hours: 1 to MOST_HOURS, counted from now; 0 to record no more. What is recorded stays until it is too old.
        actor: who asked.

    Raises:
        UnknownIntegrationError: there is none.
        ValueError: there are no such hours.
    """
    if not 0 <= hours <= MOST_HOURS:
        raise ValueError(f"recorded are 0 to {MOST_HOURS} hours, not {hours}")
    current = find_integration(connection, tenant, key, lock=True)
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SWITCH, {"hours": hours, "id": current.integration_id}).fetchone()
    changed = Integration.model_validate(row)
    until = changed.record_http_until
    detail = {"by": actor} if until is None else {"by": actor, "until": until.isoformat()}
    write_event(connection, changed.integration_id, "info", "recording ended" if until is None else "recording begun", detail)
    notify(connection, changed.integration_id)
    return changed
