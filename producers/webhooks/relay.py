"""Brings stored events of webhooks to Kafka and has their sources polled.

What a body says is never taken for a record: whoever can sign it may still be wrong, late or out of order. It is a reason to fetch
now, and what is fetched is the truth. The sync is asked for in the transaction that marks the events as published, so each event
leads to a poll that begins after it came.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import UUID

import psycopg
import structlog

from producers.errors import PublishError, TransientError
from reconduit.errors import ReconduitError
from reconduit.faultpoint import faultpoint
from reconduit.integrations.commands import SyncArguments, open_commands, request_sync
from reconduit.integrations.errors import CommandRefusedError
from reconduit.integrations.registry import find_integration
from reconduit.webhooks.events import StoredEvent, mark_published, remove_old_events, sources_waiting, take_events

__all__ = ["EventPort", "EventRelay", "StopPort"]

_BATCH = 500
_REMOVED_AT_ONCE = 5000
_REMOVAL_SECONDS = 3600.0
"""Between two removals of old events."""
_ACTOR = "webhook"
_log = structlog.get_logger(__name__)


class EventPort(Protocol):
    """What the relay needs of `producers.webhooks.publishing.EventPublisher`."""

    def publish(self, tenant: str, source: str, events: Iterable[StoredEvent]) -> None:
        """Publish, and wait for every delivery report."""
        ...


class StopPort(Protocol):
    """What the relay needs of `reconduit.signals.Stop`."""

    def __call__(self) -> bool:
        """Whether to stop."""
        ...

    def wait(self, seconds: float) -> bool:
        """Sleep, less when told to stop."""
        ...


class EventRelay:
    """Relays events; any number of them may be at work.

    Args:
        connect: gives a connection whose transaction ends with the context.
        port: where events go.
        days: after which a published event is removed.
        batch: events of one transaction.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[psycopg.Connection[Any]]],
        port: EventPort,
        *,
        days: int = 90,
        batch: int = _BATCH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._port = port
        self._days = days
        self._batch = batch
        self._clock = clock

    def run(self, stop: StopPort, *, seconds: float = 1.0) -> None:
        """Relay until told to stop, looking every so many seconds; what fails is tried again. Old events go once an hour."""
        remove_at = self._clock()
        while not stop():
            try:
                self.relay()
                if self._clock() >= remove_at:
                    remove_at = self._clock() + _REMOVAL_SECONDS
                    self.remove_old()
            except (ReconduitError, psycopg.Error) as error:
                _log.warning("webhook events wait", error=f"{type(error).__name__}: {str(error).strip()}")
            stop.wait(seconds)

    def remove_old(self) -> int:
        """Remove published events that are older than `days`; returns how many that were. Commits in steps.

        Raises:
            psycopg.Error: Postgres does not answer; what is removed stays removed.
        """
        done, removed = 0, _REMOVED_AT_ONCE
        while removed == _REMOVED_AT_ONCE:
            with self._connect() as connection:
                removed = remove_old_events(connection, self._days, _REMOVED_AT_ONCE)
            done += removed
        if done:
            _log.info("old webhook events removed", events=done, days=self._days)
        return done

    def relay(self) -> int:
        """Publish everything that waits; returns how many events that were.

        A crash in between publishes a batch again, with equal ids.

        Raises:
            PublishError: Kafka did not confirm; the batch waits on.
            TransientError: Postgres does not answer.
        """
        try:
            with self._connect() as connection:
                waiting = sources_waiting(connection)
            done, failed = 0, None
            for source in waiting:
                try:
                    done += self._relay_source(*source)
                except PublishError as error:
                    # The topic of one source must not keep back the others.
                    failed = error
        except psycopg.OperationalError as error:
            raise TransientError(f"webhook events: the database does not answer: {type(error).__name__}") from error
        if failed is not None:
            raise failed
        return done

    def _relay_source(self, tenant: str, name: str, integration_id: UUID) -> int:
        done = 0
        while True:
            with self._connect() as connection:
                events = take_events(connection, integration_id, self._batch)
                if not events:
                    return done
                self._port.publish(tenant, name, events)
                faultpoint("events-published-unmarked")
                mark_published(connection, events)
                _ask_for_sync(connection, tenant, integration_id)
            done += len(events)
            _log.info("webhook events published", source=name, events=len(events))


def _ask_for_sync(connection: psycopg.Connection[Any], tenant: str, integration_id: UUID) -> None:
    integration = find_integration(connection, tenant, integration_id)
    if not integration.enabled:
        return
    waiting = open_commands(connection, integration_id)
    # One that a producer has begun with may have passed what the event tells of.
    if any(command.kind == "sync" and command.taken_at is None and not command.sync.is_ranged for command in waiting):
        return
    try:
        request_sync(connection, integration, SyncArguments(), actor=_ACTOR)
    except CommandRefusedError as error:
        _log.info("no sync for webhook events", source=integration.name, reason=str(error))
