"""A relay of webhook events put together from the settings of its process, and one beside other work."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import psycopg

from producers.kit.topics import TopicSettings
from producers.webhooks.publishing import EventPublisher
from producers.webhooks.relay import EventRelay, StopPort
from producers.webhooks.settings import RelaySettings
from reconduit.settings import Settings

__all__ = ["relay_of", "relaying"]

_STOP_SECONDS = 5.0


@contextmanager
def relay_of(settings: Settings, own: RelaySettings) -> Iterator[EventRelay]:
    """A relay; neither Kafka nor Postgres is asked before it is used. Its connections to Kafka are dropped with the context."""
    connect = partial(psycopg.connect, settings.dsn(), connect_timeout=5, application_name="reconduit-webhooks")
    publisher = EventPublisher(settings.kafka_bootstrap_servers, partitions=TopicSettings().partitions, mock=settings.kafka_mock)
    with closing(publisher):
        yield EventRelay(connect, publisher, days=own.days)


@contextmanager
def relaying(settings: Settings, own: RelaySettings, stop: StopPort) -> Iterator[None]:
    """A relay at work on a thread of its own until `stop` is set, which must have happened when the context ends.

    One that waits for Kafka then is left behind with the process: an event that is not marked is published again.
    """

    def work() -> None:
        with relay_of(settings, own) as relay:
            relay.run(stop)

    thread = threading.Thread(target=work, name="webhook-relay", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(_STOP_SECONDS)
