"""Webhooks: each genuine event is stored once, no forged one is, and what is refused leaves nothing but a count."""

import asyncio
import hashlib
import hmac
import json
import random
import secrets
from contextlib import closing
from typing import Any

import httpx
import psycopg
import pytest

from api.app import create_app
from api.webhooks import reception
from deploy.local.services import Services
from producers.webhooks.publishing import EventPublisher
from producers.webhooks.relay import EventRelay
from reconduit.webhooks.statistics import read_statistics
from tests.fixtures.app_server import serving_app
from tests.fixtures.scene import query
from tests.fixtures.supervised import topic_messages
from tests.integration.api.conftest import TOKEN, settings_for
from tests.integration.api.webhook_calls import SECRET, Hook, make_hook, post, started, use_vault_key

DELIVERIES = 10_000


@pytest.fixture(autouse=True)
def vault_key(monkeypatch: pytest.MonkeyPatch) -> None:
    use_vault_key(monkeypatch)


@pytest.fixture
def hook(database_url: str) -> Hook:
    return make_hook(database_url)


def event(number: int) -> bytes:
    return json.dumps({"entity": "event", "event": "payment.captured", "created_at": 1_790_000_000 + number}).encode()


def signed(body: bytes, event_id: str, secret: str = SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-razorpay-signature": signature, "x-razorpay-event-id": event_id, "content-type": "application/json"}


def stored(hook: Hook) -> int:
    return int(query(hook.url, "SELECT count(*) FROM webhook_event")[0][0])


def counts(hook: Hook) -> dict[str, Any]:
    with psycopg.connect(hook.url) as connection:
        told = read_statistics(connection, hook.integration_id, hook.provider)
    assert told is not None
    return told.model_dump()


def test_ten_thousand_deliveries_in_any_order(database_url: str, kafka_services: Services) -> None:
    hook = make_hook(database_url, source=f"shop_{secrets.token_hex(4)}")
    genuine = [(f"evt_{number}", event(number)) for number in range(DELIVERIES // 3 + 1)]
    deliveries = [(signed(body, event_id), body, 200) for event_id, body in genuine for _ in range(2)][: DELIVERIES * 2 // 3]
    # Forgeries: the secret of somebody else, or a genuine signature under a body that was changed.
    for number in range(DELIVERIES - len(deliveries)):
        body = event(number)
        headers = signed(body, f"evt_{number}", "another-secret") if number % 2 else signed(body, f"new_{number}")
        deliveries.append((headers, body if number % 2 else body.replace(b"captured", b"CAPTURED"), 401))
    assert len(deliveries) == DELIVERIES
    random.Random(6).shuffle(deliveries)

    async def run() -> None:
        async with started(hook.url) as app:
            waiting = iter(deliveries)

            async def deliver() -> None:
                for headers, body, expected in waiting:
                    status, _, _ = await post(app, hook.path, headers, [body])
                    assert status == expected

            await asyncio.gather(*(deliver() for _ in range(50)))

    asyncio.run(run())
    rows = query(hook.url, "SELECT event_key, raw FROM webhook_event")
    assert sorted((key, bytes(raw)) for key, raw in rows) == sorted(
        (f"id:{event_id}", body) for event_id, body in genuine[: len(rows)]
    )
    assert len(rows) == DELIVERIES // 3
    told = counts(hook)
    assert (told["accepted"], told["duplicate"], told["forged"]) == (len(rows), DELIVERIES * 2 // 3 - len(rows), 3334)
    assert told["waiting"] == len(rows)
    bootstrap = str(kafka_services.kafka_bootstrap_servers)
    with closing(EventPublisher(bootstrap, partitions=4, mock=kafka_services.kafka_kind == "mock")) as publisher:
        relay = EventRelay(lambda: psycopg.connect(hook.url), publisher)
        assert (relay.relay(), relay.relay()) == (len(rows), 0)
    published = topic_messages(bootstrap, f"{hook.source}_events")
    assert sorted((message.key().decode(), message.value()) for message in published) == sorted(
        (key, bytes(raw)) for key, raw in rows
    )
    assert len({dict(message.headers())["ce_id"] for message in published}) == len(rows)
    assert query(hook.url, "SELECT kind, requested_by FROM integration_command") == [("sync", "webhook")]


def test_a_captured_body_does_not_pass_for_new_under_another_id(hook: Hook) -> None:
    async def run() -> None:
        async with started(hook.url) as app:
            for number in range(20):
                assert (await post(app, hook.path, signed(event(1), f"evt_{number}"), [event(1)]))[0] == 200

    asyncio.run(run())
    assert stored(hook) == 1


def test_what_is_refused_leaves_only_counts(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = reception.MOST_BODY_BYTES
    good = signed(event(1), "evt_1")

    async def run() -> None:
        async with started(hook.url) as app:
            monkeypatch.setattr(app.state.reception, "_body_seconds", 0.2)

            async def refused(headers: dict[str, str], chunks: list[bytes], path: str = hook.path, **how: Any) -> tuple[int, int]:
                status, body, read = await post(app, path, headers, chunks, **how)
                assert b"Traceback" not in body
                return status, read

            # An unknown integration or provider: the body is not even read.
            for unknown in ("/v1/webhooks/razorpay/nobody", "/v1/webhooks/stripe/shop", "/v1/webhooks/x/shop"):
                assert await refused(good, [event(1)], unknown) == (404, 0)
            assert await refused({}, [event(1)]) == (401, 1)
            assert (await post(app, hook.path, signed(event(2), "evt_1"), [event(1)]))[:2] == (401, b"")
            assert await refused({**good, "x-razorpay-signature": "zz"}, [event(1)]) == (401, 1)
            # Too long: by its own word without reading it, else cut off at the limit.
            assert await refused({**good, "content-length": str(limit + 1)}, [b"x"]) == (413, 0)
            status, read = await refused(good, [b"x" * (limit // 4)] * 400)
            assert (status, read) == (413, 5)
            # Not as long as announced, both ways; no number; cut off; too slow.
            for length in (str(len(event(1)) + 1), str(len(event(1)) - 1), "-1", "1e9", "٣"):
                latin = length if length.isascii() else "\xb3"
                assert await refused({**good, "content-length": latin}, [event(1)]) in {(400, 0), (400, 1)}
            assert (await refused(good, [event(1)], vanishes=True))[0] == 400
            assert (await refused(good, [b"{"] * 100, pause=0.05))[0] == 408
            # After all that a genuine one is still taken.
            assert (await refused(good, [event(1)]))[0] == 200

    asyncio.run(run())
    assert stored(hook) == 1
    told = counts(hook)
    assert {name: told[name] for name in ("accepted", "missing", "malformed", "forged", "oversized", "broken")} == {
        "accepted": 1,
        "missing": 1,
        "malformed": 1,
        "forged": 1,
        "oversized": 2,
        "broken": 7,
    }
    assert query(hook.url, "SELECT count(*) FROM webhook_endpoint") == [(1,)]


def test_what_is_kept_of_a_delivery(hook: Hook) -> None:
    headers = signed(event(1), "evt_1") | {"authorization": "Bearer of-somebody", "cookie": "a=b", "x-other": "y" * 100}

    async def run() -> None:
        async with started(hook.url) as app:
            await post(app, hook.path, headers, [event(1)[:9], event(1)[9:]])

    asyncio.run(run())
    [(raw, kept, kind)] = query(hook.url, "SELECT raw, headers, event_type FROM webhook_event")
    assert (bytes(raw), kind) == (event(1), "payment.captured")
    assert kept == signed(event(1), "evt_1")


def test_adyen_reads_its_acknowledgement(database_url: str) -> None:
    key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    hook = make_hook(database_url, key, provider="adyen")
    signature = "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="
    item = {
        "pspReference": "7914073381342284",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "TestPayment-1407325143704",
        "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
        "additionalData": {"hmacSignature": signature},
    }
    body = json.dumps({"notificationItems": [{"NotificationRequestItem": item}]}).encode()

    async def run() -> None:
        async with started(database_url) as app:
            assert (await post(app, hook.path, {}, [body]))[:2] == (200, b"[accepted]")

    asyncio.run(run())
    assert stored(hook) == 1


def test_secrets_rotate_while_deliveries_arrive(hook: Hook) -> None:
    with (
        serving_app(create_app(settings_for(hook.url))) as base,
        closing(httpx.Client(base_url=base, timeout=60)) as provider,
        closing(httpx.Client(base_url=base, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)) as operator,
    ):

        def deliver(number: int, secret: str) -> int:
            return provider.post(hook.path, content=event(number), headers=signed(event(number), f"e{number}", secret)).status_code

        def use(*secrets: str) -> None:
            assert operator.put(hook.path, json={"secrets": list(secrets)}).status_code == 204

        assert (deliver(1, SECRET), deliver(2, "new-secret")) == (200, 401)
        use("new-secret", SECRET)
        assert (deliver(3, SECRET), deliver(4, "new-secret")) == (200, 200)
        use("new-secret")
        assert (deliver(5, SECRET), deliver(6, "new-secret")) == (401, 200)
        # Only deliveries are open to the world.
        for method in ("GET", "PUT", "DELETE"):
            assert provider.request(method, hook.path).status_code == 401
        assert provider.post(f"{hook.path}/more", content=b"").status_code == 401
        assert operator.put(hook.path, json={"secrets": []}).status_code == 422
        assert operator.put(hook.path, json={"secrets": [" "]}).status_code == 422
        assert operator.put("/v1/webhooks/square/shop", json={"secrets": ["x"]}).status_code == 422
        assert operator.put("/v1/webhooks/razorpay/nobody", json={"secrets": ["x"]}).status_code == 404
        assert operator.get("/v1/webhooks/stripe/shop").status_code == 404
        told = operator.get(hook.path).json()
        assert (told["source"], told["open"], "secret" in json.dumps(told)) == ("shop", True, False)
        metrics = operator.get("/metrics").text
        assert 'recon_webhook_events_waiting{provider="razorpay",source="shop"} 4.0' in metrics
        assert 'recon_webhook_deliveries_total{outcome="forged",provider="razorpay",source="shop"}' in metrics
        assert operator.delete(hook.path).status_code == 204
        assert deliver(7, "new-secret") == 404
        assert stored(hook) == 4
        assert query(hook.url, "SELECT count(*) FROM secret") == [(0,)]
        assert operator.delete("/v1/integrations/shop").status_code == 204
    assert query(hook.url, "SELECT (SELECT count(*) FROM webhook_event) + (SELECT count(*) FROM webhook_endpoint)") == [(0,)]


def test_a_delivery_that_cannot_be_stored_is_asked_to_come_again(hook: Hook) -> None:
    async def run() -> None:
        async with started(hook.url) as app:
            assert (await post(app, hook.path, signed(event(1), "evt_1"), [event(1)]))[0] == 200
            with psycopg.connect(hook.url, autocommit=True) as connection:
                connection.execute("ALTER TABLE webhook_event RENAME TO webhook_event_away")
                assert (await post(app, hook.path, signed(event(2), "evt_2"), [event(2)]))[0] == 503
                connection.execute("ALTER TABLE webhook_event_away RENAME TO webhook_event")
            assert (await post(app, hook.path, signed(event(2), "evt_2"), [event(2)]))[0] == 200

    asyncio.run(run())
    assert stored(hook) == 2
    assert counts(hook)["unavailable"] == 1
