"""From nothing, by API calls alone: an integration to the sandbox, its credentials, a test, a sync, records in Kafka, health."""

import base64
import datetime as dt
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from deploy.local.services import Services
from producers.sandbox.faults import FaultPlan
from producers.sandbox.server import create_app as create_sandbox
from producers.sandbox.server import generate_credentials, sandbox_clock
from producers.sandbox.world import SeededWorld
from reconduit.settings import Settings
from tests.fixtures.supervised import Supervisors, topic_size
from tests.integration.api.live import serving

TOKEN = "a-token-of-the-tests-" + "x" * 20
AT = "/v1/integrations"


@pytest.fixture
def sandbox(tmp_path: Path) -> FastAPI:
    as_of = dt.datetime.now(dt.UTC).date()
    credentials = generate_credentials(tmp_path / "credentials")
    return create_sandbox(SeededWorld(7, as_of, 200), sandbox_clock(as_of), credentials, FaultPlan(7, enabled=False))


@pytest.fixture
def supervisors(services: Services, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisors]:
    monkeypatch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}")
    with Supervisors(services, database_url, tmp_path).ended() as found:
        yield found


def outcome(answer: httpx.Response, supervisors: Supervisors) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    found = answer.json()["outcome"]
    assert found is not None, supervisors.log()
    assert isinstance(found, dict)
    return found


def test_an_operator_connects_a_provider_by_api_calls(
    sandbox: FastAPI, supervisors: Supervisors, services: Services, database_url: str, tmp_path: Path
) -> None:
    name = f"core_{secrets.token_hex(4)}"
    settings = Settings(database_url=SecretStr(database_url), api_token=SecretStr(TOKEN), sources_file=tmp_path / "none.yaml")
    supervisors.start()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        serving(sandbox) as provider,
        serving(create_app(settings)) as url,
        httpx.Client(base_url=url, headers=headers, timeout=60) as operator,
    ):
        draft = {"name": name, "connector": "core", "base_url": f"{provider}/feeds/core", "poll_seconds": 600}
        assert operator.post(AT, json=draft).status_code == 201

        operator.put(f"{AT}/{name}/secrets/token", json={"value": "wrong"}).raise_for_status()
        refused = outcome(operator.post(f"{AT}/{name}/test", params={"wait": 30}), supervisors)
        assert (refused["result"], refused["failure"]) == ("failed", "authentication"), refused
        assert refused["action"].startswith("Store valid credentials")

        token = (tmp_path / "credentials" / "core" / "token").read_text()
        operator.put(f"{AT}/{name}/secrets/token", json={"value": token}).raise_for_status()
        tested = outcome(operator.post(f"{AT}/{name}/test", params={"wait": 30}), supervisors)
        assert tested["result"] == "done"
        assert tested["records"] > 0
        assert operator.get(f"{AT}/{name}").json()["health"] is None, "a test is no poll"

        synced = outcome(operator.post(f"{AT}/{name}/sync", params={"wait": 30}), supervisors)
        assert synced["result"] == "done"
        assert synced["published"] >= tested["records"]
        found = operator.get(f"{AT}/{name}").json()
        assert (found["status"], found["health"], found["error_count"]) == ("inactive", 1.0, 0)
        bootstrap = str(services.kafka_bootstrap_servers)
        assert topic_size(bootstrap, f"{name}_txns") == synced["published"]
        (source,) = operator.get("/v1/sources").json()["sources"]
        assert (source["name"], source["health"], source["published"]) == (name, "healthy", synced["published"])

        operator.post(f"{AT}/{name}/enable").raise_for_status()
        ranged = {"from_date": "2001-01-01", "to_date": "2001-01-02"}
        assert outcome(operator.post(f"{AT}/{name}/sync", json=ranged, params={"wait": 30}), supervisors)["published"] == 0
        today = {"to_date": "2999-01-01"}
        again = outcome(operator.post(f"{AT}/{name}/sync", json=today, params={"wait": 30}), supervisors)
        assert again["published"] == synced["published"]
        assert topic_size(bootstrap, f"{name}_txns") == 2 * synced["published"]

        events = [event["event"] for event in operator.get(f"{AT}/{name}/logs").json()["items"]]
        assert {"created", "secret changed", "test finished", "sync finished", "enabled"} <= set(events)
        assert token not in operator.get(f"{AT}/{name}/logs").text
        assert token not in supervisors.log()
