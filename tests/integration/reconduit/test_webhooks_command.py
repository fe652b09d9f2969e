"""An endpoint opened from a terminal takes deliveries, and its events are replayed by the API and from a terminal."""

import base64
import hashlib
import hmac
from pathlib import Path

import httpx
import psycopg
import pytest
from typer.testing import CliRunner, Result

from api.app import create_app
from reconduit.cli import app
from reconduit.errors import ReconduitError, SettingsError
from tests.fixtures.app_server import serving_app
from tests.fixtures.scene import query
from tests.integration.api.conftest import TOKEN, settings_for

HOOK = "/v1/webhooks/razorpay/shop"


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(bytes(32)).decode()}")
    CliRunner().invoke(app, ["sources", "create", "shop", "razorpay"])


def webhooks(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["webhooks", *arguments], input=typed)


def deliver(provider: httpx.Client, number: int, secret: str) -> int:
    body = b'{"event": "payment.captured", "n": %d}' % number
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Razorpay-Signature": signature, "X-Razorpay-Event-Id": f"e{number}"}
    return provider.post(HOOK, content=body, headers=headers).status_code


def waiting(url: str) -> int:
    return int(query(url, "SELECT count(*) FROM webhook_event WHERE published_at IS NULL")[0][0])


def publish_all(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE webhook_event SET published_at = now(), publications = publications + 1")


def test_an_endpoint_is_opened_and_closed_from_a_terminal(database_url: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("secret-one\n")
    new.write_text("secret-two\n")
    assert "POST /v1/webhooks/razorpay/shop" in webhooks("open", "shop", "razorpay", typed="secret-one\n").output
    both = ("--secret-file", str(old), "--secret-file", str(new))
    assert webhooks("open", "shop", "razorpay", *both).exit_code == 0
    with serving_app(create_app(settings_for(database_url))) as base, httpx.Client(base_url=base, timeout=60) as provider:
        assert [deliver(provider, 1, "secret-one"), deliver(provider, 2, "secret-two"), deliver(provider, 3, "other")] == [
            200,
            200,
            401,
        ]
    assert waiting(database_url) == 2
    assert "is closed" in webhooks("close", "shop", "razorpay").output
    with serving_app(create_app(settings_for(database_url))) as base, httpx.Client(base_url=base, timeout=60) as provider:
        assert deliver(provider, 4, "secret-one") == 404
    assert waiting(database_url) == 2, "events stay"


@pytest.mark.parametrize("arguments", [("open", "shop", "nobody"), ("open", "nobody", "razorpay"), ("close", "shop", "stripe")])
def test_what_cannot_be_opened_or_closed_is_said(arguments: tuple[str, ...]) -> None:
    assert isinstance(webhooks(*arguments, typed="secret").exception, ReconduitError)
    assert isinstance(webhooks("show", "shop", "razorpay").exception, SettingsError)
    assert webhooks("open", "shop", "razorpay", typed="\n").exit_code == 2, "a secret is empty"


def test_events_are_replayed_through_the_api(database_url: str) -> None:
    webhooks("open", "shop", "razorpay", typed="secret-one")
    webhooks("open", "shop", "stripe", typed="secret-one")
    with (
        serving_app(create_app(settings_for(database_url))) as base,
        httpx.Client(base_url=base, timeout=60) as provider,
        httpx.Client(base_url=base, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as operator,
    ):
        for number in range(3):
            assert deliver(provider, number, "secret-one") == 200
        publish_all(database_url)
        keys = [key for (key,) in query(database_url, "SELECT event_key FROM webhook_event ORDER BY event_number")]
        assert provider.post(f"{HOOK}/replay").status_code == 401
        for chosen, number in (
            ({"event": keys[1]}, 1),
            ({"since": "2999-01-01T00:00:00Z"}, 0),
            ({"until": "2999-01-01T00:00:00+01:00"}, 3),
            (None, 3),
        ):
            answer = operator.post(f"{HOOK}/replay", json=chosen)
            assert (answer.status_code, answer.json()) == (202, {"events": number})
            assert waiting(database_url) == number
            publish_all(database_url)
        assert operator.post(HOOK.replace("razorpay", "stripe") + "/replay").json() == {"events": 0}
        for wrong, status in (({"since": "2026-01-01T00:00:00"}, 422), ({"days": 1}, 422)):
            assert operator.post(f"{HOOK}/replay", json=wrong).status_code == status
        assert operator.post("/v1/webhooks/razorpay/nobody/replay").status_code == 404
        assert operator.post("/v1/webhooks/square/shop/replay").status_code == 404
        told = operator.get("/v1/integrations/shop/logs").json()["items"]
    assert {"event": "webhook events replayed", "events": 3}.items() <= (told[1] | told[1]["detail"]).items()
