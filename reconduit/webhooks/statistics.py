"""Counts of deliveries by outcome: a fixed number of counters for each endpoint, whoever delivers and how often."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict

from reconduit.signatures.errors import Refusal

__all__ = ["OUTCOMES", "EndpointStatistics", "Outcome", "add_counts", "list_statistics", "read_statistics"]

Outcome = Literal["accepted", "duplicate", "oversized", "broken", "unavailable"] | Refusal
"""What came of a delivery; each is a column of `webhook_endpoint`."""

OUTCOMES: tuple[Outcome, ...] = (
    "accepted",
    "duplicate",
    "missing",
    "malformed",
    "forged",
    "stale",
    "oversized",
    "broken",
    "unavailable",
)
_TAKEN = ("accepted", "duplicate")

_SELECT = """
SELECT e.*, i.name AS source, w.waiting, coalesce(extract(epoch FROM now() - w.oldest), 0)::float8 AS oldest_waiting_seconds
FROM webhook_endpoint e JOIN integration i USING (integration_id) CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, min(v.received_at) AS oldest FROM webhook_event v
    WHERE v.integration_id = e.integration_id AND v.provider = e.provider AND v.published_at IS NULL) AS w
"""


class EndpointStatistics(BaseModel):
    """What was delivered to an endpoint since it was made. Counts may lack the seconds before a crash; events never do.

    Attributes:
        waiting: events that are stored and not published yet.
        oldest_waiting_seconds: since the oldest of them was received; 0 when none waits.
    """

    model_config = ConfigDict(frozen=True)

    integration_id: UUID
    source: str
    provider: str
    open: bool
    settings: dict[str, Any]
    accepted: int
    duplicate: int
    missing: int
    malformed: int
    forged: int
    stale: int
    oversized: int
    broken: int
    unavailable: int
    waiting: int
    oldest_waiting_seconds: float
    last_accepted_at: dt.datetime | None
    last_refused_at: dt.datetime | None
    updated_at: dt.datetime


def add_counts(
    connection: psycopg.Connection[Any], integration_id: UUID, provider: str, counts: Mapping[Outcome, int], at: dt.datetime
) -> None:
    """Add to an endpoint's counts; one that is gone is passed over."""
    changes = [
        sql.SQL("{} = {} + {}").format(sql.Identifier(name), sql.Identifier(name), sql.Literal(count))
        for name, count in counts.items()
    ]
    if any(counts.get(name) for name in OUTCOMES if name in _TAKEN):
        changes.append(sql.SQL("last_accepted_at = {}").format(sql.Literal(at)))
    if any(counts.get(name) for name in OUTCOMES if name not in _TAKEN):
        changes.append(sql.SQL("last_refused_at = {}").format(sql.Literal(at)))
    connection.execute(
        sql.SQL("UPDATE webhook_endpoint SET {} WHERE integration_id = %s AND provider = %s").format(sql.SQL(", ").join(changes)),
        (integration_id, provider),
    )


def read_statistics(connection: psycopg.Connection[Any], integration_id: UUID, provider: str) -> EndpointStatistics | None:
    """An endpoint's counts; None when there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SELECT + "WHERE e.integration_id = %s AND e.provider = %s", (integration_id, provider)).fetchone()
    return None if row is None else EndpointStatistics.model_validate(row)


def list_statistics(connection: psycopg.Connection[Any]) -> list[EndpointStatistics]:
    """Counts of every endpoint, by integration and provider."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SELECT + "ORDER BY i.tenant_id, i.name, e.provider").fetchall()
    return [EndpointStatistics.model_validate(row) for row in rows]
