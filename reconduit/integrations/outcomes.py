"""What polls make of an integration: status, health, times and errors, written only by whoever holds the source's lease."""

import datetime as dt
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from reconduit.integrations.events import Level, write_event
from reconduit.integrations.health import next_health
from reconduit.integrations.model import Integration
from reconduit.integrations.polls import COMPLETE, count_poll
from reconduit.integrations.status import Failure, Standing, Status, after_failure, after_success, is_resting

__all__ = ["record_failure", "record_success"]

# Who has lost the lease tells nothing any more.
_LOCK = """
SELECT i.* FROM integration i
WHERE i.integration_id = %s AND (%s::bigint IS NULL OR EXISTS (
    SELECT FROM source_lease l WHERE l.tenant_id = i.tenant_id AND l.source = i.name AND l.fencing_token = %s))
FOR UPDATE OF i
"""
_UPDATE = """
UPDATE integration SET status = %(status)s, status_reason = %(reason)s, action_needed = %(action)s, error_count = %(errors)s,
       health_ppm = %(health)s, next_sync_at = now() + %(wait)s,
       last_sync_at = CASE WHEN %(complete)s THEN now() ELSE last_sync_at END
WHERE integration_id = %(id)s
"""


def record_success(
    connection: psycopg.Connection[Any], integration_id: UUID, *, fencing_token: int | None, wait: dt.timedelta
) -> Standing | None:
    """A complete poll; returns the status after it, None when the lease is lost or the integration gone.

    Args:
        connection: in a transaction.
        integration_id: whose poll it was.
        fencing_token: of the lease under which it was polled; None: without one.
        wait: until the next poll.
    """
    current = _locked(connection, integration_id, fencing_token)
    if current is None:
        return None
    standing = after_success(current.standing)
    _write(connection, current, standing, complete=True, errors=0, wait=wait)
    count_poll(connection, integration_id, COMPLETE)
    return standing


def record_failure(
    connection: psycopg.Connection[Any],
    integration_id: UUID,
    failure: Failure,
    reason: str,
    *,
    fencing_token: int | None,
    wait: dt.timedelta | None,
    action: str | None = None,
) -> Standing | None:
    """A failed poll; returns the status after it, None when the lease is lost or the integration gone.

    Args:
        connection: in a transaction.
        integration_id: whose poll it was.
        failure: what it means.
        reason: what happened, for people; holds no secret.
        fencing_token: of the lease under which it was polled; None: without one.
        wait: until the next poll, unless the status now rests until an operator acts; None: unknown.
        action: what an operator must do; None: what the kind of failure wants.
    """
    current = _locked(connection, integration_id, fencing_token)
    if current is None:
        return None
    reason = reason.replace("\x00", "\\x00")[:2000]
    errors = current.error_count + 1
    standing = after_failure(current.standing, failure, reason, errors, action)
    _write(connection, current, standing, complete=False, errors=errors, wait=None if is_resting(standing.status) else wait)
    count_poll(connection, integration_id, failure.value)
    write_event(connection, integration_id, "warning", "sync failed", {"failure": failure.value, "error": reason, "errors": errors})
    return standing


def _locked(connection: psycopg.Connection[Any], integration_id: UUID, fencing_token: int | None) -> Integration | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_LOCK, (integration_id, fencing_token, fencing_token)).fetchone()
    return None if row is None else Integration.model_validate(row)


def _write(
    connection: psycopg.Connection[Any],
    current: Integration,
    standing: Standing,
    *,
    complete: bool,
    errors: int,
    wait: dt.timedelta | None,
) -> None:
    connection.execute(
        _UPDATE,
        {
            "status": standing.status.value,
            "reason": standing.reason,
            "action": standing.action,
            "errors": errors,
            "health": next_health(current.health_ppm, complete=complete),
            "wait": wait,
            "complete": complete,
            "id": current.integration_id,
        },
    )
    if standing.status is not current.status:
        level: Level = "info" if standing.status is Status.ACTIVE else "error"
        detail = {"from": current.status.value, "to": standing.status.value, "reason": standing.reason, "action": standing.action}
        write_event(connection, current.integration_id, level, "status changed", detail)
