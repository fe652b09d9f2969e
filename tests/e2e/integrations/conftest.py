"""An installation in operation: the API, a supervisor, and an operator who only makes calls."""

import base64
import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from deploy.local.ports import free_ports
from deploy.local.services import Services
from producers.sandbox.faults import FaultPlan
from producers.sandbox.server import create_app as create_sandbox
from producers.sandbox.server import generate_credentials, sandbox_clock
from producers.sandbox.world import SeededWorld
from reconduit.settings import Settings
from tests.fixtures.app_server import serving_app
from tests.fixtures.supervised import Supervisors
from tests.fixtures.waiting import eventually

TOKEN = "a-token-of-the-tests-" + "x" * 20
AT = "/v1/integrations"


@dataclass(frozen=True)
class Operation:
    """What runs, and the operator's client.

    Attributes:
        api: address of the API.
        metrics: address of the supervisor's metrics.
    """

    operator: httpx.Client
    supervisors: Supervisors
    api: str
    metrics: str
    url: str
    bootstrap: str
    folder: Path

    def make(self, name: str, base_url: str, **fields: Any) -> None:
        """A core feed as an integration."""
        draft = {"name": name, "connector": "core", "base_url": base_url, "poll_seconds": 600} | fields
        made = self.operator.post(AT, json=draft)
        assert made.status_code == 201, made.text

    def store(self, name: str, secret: str, value: str) -> None:
        self.operator.put(f"{AT}/{name}/secrets/{secret}", json={"value": value}).raise_for_status()

    def enable(self, name: str) -> None:
        self.operator.post(f"{AT}/{name}/enable").raise_for_status()

    def read(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.operator.get(f"{AT}/{name}").json()
        return found

    def carry_out(self, name: str, command: str, **arguments: Any) -> dict[str, Any]:
        """Order a test or a sync; returns its outcome once the supervisor has carried it out."""
        ordered = self.operator.post(f"{AT}/{name}/{command}", params={"wait": 30}, **arguments)
        assert ordered.status_code == 202, ordered.text

        def outcome() -> dict[str, Any] | None:
            found: dict[str, Any] | None = self.operator.get(ordered.headers["location"]).json()["outcome"]
            return found

        eventually(outcome, self.supervisors.log)
        return outcome() or {}

    def wait_for(self, name: str, status: str) -> dict[str, Any]:
        """The integration once it has the status and was polled, `active` ones with success."""

        def reached() -> bool:
            found = self.read(name)
            polled = found["last_sync_at" if status == "active" else "health"] is not None
            return bool(found["status"] == status and polled)

        eventually(reached, lambda: f"{self.read(name)}\n{self.supervisors.log()}")
        return self.read(name)


@pytest.fixture(scope="module")
def operation(services: Services, module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    """The API in this process and one supervisor, for the tests of one module."""
    folder = tmp_path_factory.mktemp("operation")
    settings = Settings(
        database_url=SecretStr(module_database_url), api_token=SecretStr(TOKEN), sources_file=folder / "sources.yaml"
    )
    (port,) = free_ports(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}")
        patch.setenv("RECONDUIT_TOKEN_JOURNAL", str(folder / "journal"))
        with (
            Supervisors(services, module_database_url, folder, RECONDUIT_METRICS_PORT=str(port)).ended() as supervisors,
            serving_app(create_app(settings)) as url,
            httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as operator,
        ):
            supervisors.start()
            yield Operation(
                operator,
                supervisors,
                url,
                f"http://127.0.0.1:{port}/metrics",
                module_database_url,
                str(services.kafka_bootstrap_servers),
                folder,
            )


@dataclass(frozen=True)
class Sandbox:
    """The sandbox's address, and the tokens of its feeds by name."""

    address: str
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of 200 payments that makes no faults."""
    folder = tmp_path_factory.mktemp("credentials")
    as_of = dt.datetime.now(dt.UTC).date()
    world = create_sandbox(
        SeededWorld(7, as_of, 200), sandbox_clock(as_of), generate_credentials(folder), FaultPlan(7, enabled=False)
    )
    with serving_app(world) as address:
        yield Sandbox(address, {name: (folder / name / "token").read_text() for name in ("core", "gateway")})
