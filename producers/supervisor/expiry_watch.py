"""Watching how long the OAuth authorisations of integrations last: said in the integration's log before a person has to act."""

import datetime as dt
from typing import Any

import psycopg
import structlog
from psycopg.rows import tuple_row

from reconduit.authorisation.expiry import WARN_SECONDS
from reconduit.integrations.events import write_event

__all__ = ["EVENT", "tell_ending_authorisations"]

EVENT = "authorisation ends soon"

# Once a day at most: where each renewal gives a refresh token of a short life, nobody needs to do anything.
_ENDING = """
SELECT i.integration_id, i.name, t.refresh_expires_at
FROM oauth_token t JOIN integration i USING (tenant_id, integration_id)
     JOIN source_lease l ON l.tenant_id = i.tenant_id AND l.source = i.name
WHERE l.holder = %s AND l.expires_at > now() AND t.state = 'active' AND t.refresh_expires_at < now() + make_interval(secs => %s)
  AND NOT EXISTS (SELECT FROM integration_event e WHERE e.integration_id = i.integration_id AND e.event = %s
                  AND e.at > now() - interval '1 day')
"""
_log = structlog.stdlib.get_logger("supervise")


def tell_ending_authorisations(connection: psycopg.Connection[Any], holder: str) -> int:
    """Tell of authorisations that end within a week, each once a day; returns how many were told.

    Args:
        connection: to the registry.
        holder: the supervisor whose integrations are looked at.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_ENDING, (holder, WARN_SECONDS, EVENT)).fetchall()
    for integration_id, name, ends_at in rows:
        detail = {"ends_at": ends_at.astimezone(dt.UTC).isoformat(), "action": "Authorise again before it ends."}
        write_event(connection, integration_id, "warning", EVENT, detail)
        _log.warning(EVENT, source=name, ends_at=ends_at.isoformat())
    return len(rows)
