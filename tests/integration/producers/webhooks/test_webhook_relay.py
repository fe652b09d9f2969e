"""Events of webhooks on their way to Kafka: each once, whoever relays; again only when asked; each one a reason to poll."""

import datetime as dt
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from api.webhooks.reception import MOST_BODY_BYTES
from deploy.local.services import Services
from producers.errors import PublishError
from producers.webhooks.publishing import EventPublisher
from producers.webhooks.relay import EventRelay
from reconduit.cli import app
from reconduit.faultpoint import EXIT_STATUS
from reconduit.integrations.commands import open_commands, take_command
from reconduit.integrations.model import IntegrationDraft
from reconduit.integrations.registry import create_integration, set_enabled
from reconduit.webhooks.events import NewEvent, StoredEvent, store_events
from schemas.records import DEFAULT_TENANT
from tests.fixtures.scene import query
from tests.fixtures.supervised import topic_messages
from tests.fixtures.waiting import PATIENCE_SECONDS

KEPT = {"content-type": "x/y"}
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


class Topic:
    """Remembers what was published; fails after it, when asked."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.fails = 0
        self._lock = threading.Lock()

    def publish(self, tenant: str, source: str, events: Iterable[StoredEvent]) -> None:
        with self._lock:
            self.keys += [event.event_key for event in events]
            if self.fails:
                self.fails -= 1
                raise PublishError(f"{source}: not confirmed")


def make(url: str, name: str = "shop", *, enabled: bool = True) -> UUID:
    with psycopg.connect(url) as connection:
        draft = IntegrationDraft(name=name, connector="razorpay", base_url="http://127.0.0.1:9/")
        made, _ = create_integration(connection, DEFAULT_TENANT, draft, actor="test")
        if enabled:
            set_enabled(connection, DEFAULT_TENANT, name, wanted=True, actor="test")
        connection.execute(
            "INSERT INTO webhook_endpoint SELECT %s, 'razorpay', '{}', true, now(), 0, 0, 0, 0, 0, 0, 0, 0, 0",
            (made.integration_id,),
        )
    return made.integration_id


def store(url: str, integration_id: UUID, numbers: Iterable[int], body: bytes | None = None) -> list[bool]:
    events = [
        NewEvent(integration_id, "razorpay", f"id:{n}", None, "t", NOW + dt.timedelta(hours=n), KEPT, body or b"%d" % n)
        for n in numbers
    ]
    with psycopg.connect(url) as connection:
        return store_events(connection, events)


def relay_of(url: str, topic: Any) -> EventRelay:
    return EventRelay(lambda: psycopg.connect(url), topic, batch=50)


def commands(url: str, integration_id: UUID) -> list[Any]:
    with psycopg.connect(url) as connection:
        return open_commands(connection, integration_id)


def test_several_relays_publish_each_event_once(database_url: str) -> None:
    shop, other = make(database_url), make(database_url, "other")
    assert store(database_url, shop, range(1000)) == [True] * 1000
    assert store(database_url, other, [7, 7, 8]) == [True, False, True]
    topic = Topic()
    relays = [threading.Thread(target=relay_of(database_url, topic).relay) for _ in range(4)]
    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join()
    assert sorted(topic.keys) == sorted([*(f"id:{n}" for n in range(1000)), "id:7", "id:8"])
    assert relay_of(database_url, topic).relay() == 0
    assert query(database_url, "SELECT DISTINCT publications, published_at IS NULL FROM webhook_event") == [(1, False)]


def test_events_of_a_batch_that_was_not_confirmed_wait(database_url: str) -> None:
    broken, well = make(database_url, "a_broken"), make(database_url, "b_well")
    store(database_url, broken, [1])
    store(database_url, well, [2])
    topic = Topic()
    topic.fails = 1
    with pytest.raises(PublishError):
        relay_of(database_url, topic).relay()
    # The other source was not kept back, and nothing asks to poll for what is not published.
    assert topic.keys == ["id:1", "id:2"]
    assert (len(commands(database_url, broken)), len(commands(database_url, well))) == (0, 1)
    assert relay_of(database_url, topic).relay() == 1
    assert topic.keys == ["id:1", "id:2", "id:1"]
    assert len(commands(database_url, broken)) == 1


def test_a_poll_that_begins_after_the_event_is_asked_for(database_url: str) -> None:
    shop, resting = make(database_url), make(database_url, "resting", enabled=False)
    relay = relay_of(database_url, Topic())
    store(database_url, resting, [1])
    for number in range(5):
        store(database_url, shop, [number])
        relay.relay()
    [command] = commands(database_url, shop)
    assert (command.kind, command.requested_by, command.arguments["force"]) == ("sync", "webhook", False)
    assert commands(database_url, resting) == []
    # It has begun, and may have passed what the next event tells of.
    with psycopg.connect(database_url) as connection:
        take_command(connection, command)
    store(database_url, shop, [5])
    relay.relay()
    assert [one.taken_at is None for one in commands(database_url, shop)] == [False, True]


def test_replays_by_time_and_by_event(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    shop = make(database_url)
    store(database_url, shop, range(6))
    topic = Topic()
    relay_of(database_url, topic).relay()

    def replay(*arguments: str) -> list[str]:
        answer = CliRunner().invoke(app, ["webhooks", "replay", "shop", *arguments])
        assert answer.exit_code == 0, answer.output
        topic.keys.clear()
        relay_of(database_url, topic).relay()
        return topic.keys.copy()

    assert replay("--since", "2026-11-21T14:00:00Z", "--until", "2026-11-21T16:00:00Z") == ["id:2", "id:3"]
    assert replay("--event", "id:5") == ["id:5"]
    assert replay("--event", "id:nothing") == []
    assert len(replay()) == 6
    assert query(database_url, "SELECT array_agg(publications ORDER BY event_number) FROM webhook_event") == [([2, 2, 3, 3, 2, 3],)]
    # A known event stays known.
    assert store(database_url, shop, [3]) == [False]
    shown = CliRunner().invoke(app, ["webhooks", "show", "shop", "razorpay"])
    assert '"waiting": 0' in shown.output


def test_the_topic_of_events_on_kafka(database_url: str, kafka_services: Services) -> None:
    bootstrap = str(kafka_services.kafka_bootstrap_servers)
    source = f"shop_{secrets.token_hex(4)}"
    shop = make(database_url, source)
    longest = secrets.token_bytes(MOST_BODY_BYTES)
    store(database_url, shop, range(20))
    store(database_url, shop, [20], longest)
    publisher = EventPublisher(bootstrap, partitions=4, mock=kafka_services.kafka_kind == "mock")
    try:
        assert EventRelay(lambda: psycopg.connect(database_url), publisher).relay() == 21
    finally:
        publisher.close()
    found = topic_messages(bootstrap, f"{source}_events")
    assert len(found) == 21
    assert {message.value() for message in found} == {longest, *(b"%d" % number for number in range(20))}
    headers = dict(found[0].headers() or [])
    assert headers["ce_type"] == b"reconduit.webhook.v1"
    assert headers["ce_id"] == b"%s/%s/razorpay/%s" % (DEFAULT_TENANT.encode(), source.encode(), found[0].key())


def test_a_relay_that_dies_before_it_marks_publishes_again_under_the_same_ids(database_url: str, kafka_services: Services) -> None:
    bootstrap, source = str(kafka_services.kafka_bootstrap_servers), f"shop_{secrets.token_hex(4)}"
    shop = make(database_url, source)
    store(database_url, shop, range(5))
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "RECONDUIT_KAFKA_MOCK": str(kafka_services.kafka_kind == "mock"),
    }

    def relay(**more: str) -> int:
        command = [sys.executable, "-m", "reconduit", "webhooks", "relay", "--once"]
        return subprocess.run(command, env=environment | more, check=False, timeout=PATIENCE_SECONDS).returncode

    assert relay(RECONDUIT_FAULT="events-published-unmarked:1") == EXIT_STATUS
    assert commands(database_url, shop) == [], "what is not marked asks for nothing yet"
    assert relay() == 0
    told = [dict(message.headers() or []) for message in topic_messages(bootstrap, f"{source}_events")]
    assert len(told) == 10
    assert len({(one["ce_id"], one["ce_publication"]) for one in told}) == 5
    assert len(commands(database_url, shop)) == 1


def test_old_events_go_once_they_are_published(database_url: str) -> None:
    shop = make(database_url)
    store(database_url, shop, range(4))
    topic = Topic()
    relay = EventRelay(lambda: psycopg.connect(database_url), topic, days=40)
    relay.relay()
    store(database_url, shop, [4])
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE webhook_event SET received_at = now() - interval '41 days' WHERE event_key <> 'id:3'")
        connection.execute("UPDATE webhook_event SET received_at = now() - interval '39 days' WHERE event_key = 'id:3'")
    assert (relay.remove_old(), relay.remove_old()) == (3, 0)
    assert query(database_url, "SELECT event_key FROM webhook_event ORDER BY 1") == [("id:3",), ("id:4",)], "one still waits"


def test_what_fails_is_tried_again_until_told_to_stop(database_url: str) -> None:
    shop = make(database_url)
    store(database_url, shop, [1])
    topic = Topic()
    topic.fails = 2
    looks: list[float] = []

    class Stop:
        def __call__(self) -> bool:
            return len(looks) >= 3

        def wait(self, seconds: float) -> bool:
            looks.append(seconds)
            return self()

    relay_of(database_url, topic).run(Stop())
    assert topic.keys == ["id:1"] * 3
    assert query(database_url, "SELECT publications FROM webhook_event") == [(1,)]
