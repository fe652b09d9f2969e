"""Events that were delivered: stored once each, published by the producer side, and published again on demand."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row, tuple_row
from psycopg.types.json import Jsonb

from reconduit.integrations.events import write_event

__all__ = [
    "NewEvent",
    "StoredEvent",
    "events_topic",
    "mark_published",
    "remove_old_events",
    "replay_events",
    "sources_waiting",
    "store_events",
    "take_events",
]

# Receivers take turns: two that store the same events in another order would wait for each other in a circle.
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('webhook_event', 0))"
_STORE = """
INSERT INTO webhook_event (integration_id, provider, event_key, content_key, event_type, received_at, headers, raw, publications)
SELECT n.*, 0
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::timestamptz[], %s::jsonb[], %s::bytea[])
     AS n (integration_id, provider, event_key, content_key, event_type, received_at, headers, raw)
WHERE EXISTS (SELECT FROM webhook_endpoint e WHERE e.integration_id = n.integration_id AND e.provider = n.provider)
ON CONFLICT DO NOTHING RETURNING integration_id, provider, event_key
"""
_WAITING = """
SELECT i.tenant_id, i.name, i.integration_id FROM integration i
WHERE EXISTS (SELECT FROM webhook_event e WHERE e.integration_id = i.integration_id AND e.published_at IS NULL)
ORDER BY i.tenant_id, i.name
"""
_TAKE = """
SELECT event_number, provider, event_key, event_type, received_at, headers, raw, publications FROM webhook_event
WHERE integration_id = %s AND published_at IS NULL ORDER BY event_number LIMIT %s FOR UPDATE SKIP LOCKED
"""
_REMOVE = """
DELETE FROM webhook_event WHERE event_number IN (
    SELECT event_number FROM webhook_event
    WHERE published_at IS NOT NULL AND received_at < now() - make_interval(days => %s)
    ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""
_REPLAY = """
UPDATE webhook_event SET published_at = NULL
WHERE integration_id = %(id)s AND published_at IS NOT NULL
  AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
  AND (%(key)s::text IS NULL OR event_key = %(key)s) AND (%(provider)s::text IS NULL OR provider = %(provider)s)
"""


def events_topic(source: str) -> str:
    """Topic of a source's events."""
    return f"{source}_events"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A genuine delivery, to be stored if its event is new.

    Attributes:
        event_key: as `reconduit.signatures.Verified` says.
        content_key: likewise.
        received_at: aware UTC.
        headers: those worth keeping, by lower-case name.
        raw: the body as it came.
    """

    integration_id: UUID
    provider: str
    event_key: str
    content_key: bytes | None
    event_type: str | None
    received_at: dt.datetime
    headers: Mapping[str, str]
    raw: bytes


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that waits to be published.

    Attributes:
        publications: how often it was published before.
    """

    event_number: int
    provider: str
    event_key: str
    event_type: str | None
    received_at: dt.datetime
    headers: dict[str, str]
    raw: bytes
    publications: int


def store_events(connection: psycopg.Connection[Any], events: Sequence[NewEvent]) -> list[bool]:
    """Store those that are new, in one statement; says of each whether it was. An endpoint that is gone has no new ones."""
    columns = (
        [event.integration_id for event in events],
        [event.provider for event in events],
        [event.event_key for event in events],
        [event.content_key for event in events],
        [event.event_type for event in events],
        [event.received_at for event in events],
        [Jsonb(dict(event.headers)) for event in events],
        [event.raw for event in events],
    )
    connection.execute(_TURN)
    with connection.cursor(row_factory=tuple_row) as cursor:
        new = set(cursor.execute(_STORE, columns).fetchall())
    told = []
    for event in events:
        key = (event.integration_id, event.provider, event.event_key)
        told.append(key in new)
        # Of two with one key in a batch one was stored.
        new.discard(key)
    return told


def sources_waiting(connection: psycopg.Connection[Any]) -> list[tuple[str, str, UUID]]:
    """Tenant, name and id of every integration with events to be published."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(_WAITING).fetchall()


def take_events(connection: psycopg.Connection[Any], integration_id: UUID, limit: int) -> list[StoredEvent]:
    """The oldest events that wait, locked until the transaction ends; what another process has in hand is passed over."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [StoredEvent(**row) for row in cursor.execute(_TAKE, (integration_id, limit))]


def mark_published(connection: psycopg.Connection[Any], events: Sequence[StoredEvent]) -> None:
    """Note that they are in the topic."""
    connection.execute(
        "UPDATE webhook_event SET published_at = now(), publications = publications + 1 WHERE event_number = ANY(%s)",
        ([event.event_number for event in events],),
    )


def replay_events(
    connection: psycopg.Connection[Any],
    integration_id: UUID,
    *,
    actor: str,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    event_key: str | None = None,
    provider: str | None = None,
) -> int:
    """Let events be published and acted on again; returns how many.

    Args:
        connection: in a transaction.
        integration_id: whose.
        actor: who asks, for the integration's log.
        since: received at this time or later, aware.
        until: received before this time, aware.
        event_key: only this one.
        provider: only those that came to its endpoint.
    """
    chosen = {"id": integration_id, "since": since, "until": until, "key": event_key, "provider": provider}
    number = connection.execute(_REPLAY, chosen).rowcount
    write_event(connection, integration_id, "info", "webhook events replayed", {"by": actor, "events": number})
    return number


def remove_old_events(connection: psycopg.Connection[Any], days: int, limit: int) -> int:
    """Remove published events that were received more than so many days ago, at most `limit` of them; returns how many."""
    return connection.execute(_REMOVE, (days, limit)).rowcount
