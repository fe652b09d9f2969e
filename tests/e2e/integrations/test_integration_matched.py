"""What integrations bring is matched, also of those made while the workers run; a webhook has its source fetched at once."""

import datetime as dt
import hashlib
import hmac
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from producers.sandbox.faults import FaultPlan
from producers.sandbox.server import create_app as create_sandbox
from producers.sandbox.server import generate_credentials, sandbox_clock
from producers.sandbox.world import SeededWorld
from tests.e2e.integrations.conftest import AT, Operation
from tests.fixtures.scene import query
from tests.fixtures.supervised import eventually, topic_size
from tests.integration.api.live import serving

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Scene:
    """A sandbox, and a worker that reconciles two of its feeds; neither source is there when the worker starts.

    Attributes:
        sandbox: its address.
        tokens: of the feeds, by name.
        core, gateway: names of the sources in the rules.
    """

    sandbox: str
    tokens: dict[str, str]
    core: str
    gateway: str
    worker_log: Path

    def said(self) -> str:
        return self.worker_log.read_text(errors="replace")


@pytest.fixture(scope="module")
def scene(operation: Operation) -> Iterator[Scene]:
    as_of = dt.datetime.now(dt.UTC).date()
    credentials = generate_credentials(operation.folder / "credentials")
    tokens = {name: (operation.folder / "credentials" / name / "token").read_text() for name in ("core", "gateway")}
    suffix = secrets.token_hex(4)
    rules = {
        "name": "two-way",
        "version": 1,
        "shape": "keyed",
        "key": "reference_number",
        "sides": [
            {"name": "core", "sources": [f"core_{suffix}"], "filter": {"account": ["core-payments"]}},
            {"name": "gateway", "sources": [f"gateway_{suffix}"]},
        ],
        "calendar": {"grace": 1},
    }
    (operation.folder / "rules").mkdir()
    (operation.folder / "rules" / "two-way.yaml").write_text(yaml.safe_dump(rules))
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "KAFKA_BOOTSTRAP_SERVERS": operation.bootstrap,
        "RECONDUIT_KAFKA_MOCK": str(operation.supervisors.is_mock),
        "DATABASE_URL": operation.url,
        "RECONDUIT_SOURCES": str(operation.folder / "sources.yaml"),
        "RECONDUIT_RECONCILIATIONS": str(operation.folder / "rules"),
    }
    sandbox = create_sandbox(SeededWorld(7, as_of, 200), sandbox_clock(as_of), credentials, FaultPlan(7, enabled=False))
    with serving(sandbox) as address, (operation.folder / "worker.log").open("wb") as log:
        arguments = [sys.executable, "-m", "reconduit", "consume", "--group", f"matched-{suffix}"]
        worker = subprocess.Popen(arguments, env=environment, stdout=log, stderr=log)
        try:
            yield Scene(address, tokens, f"core_{suffix}", f"gateway_{suffix}", operation.folder / "worker.log")
        finally:
            worker.terminate()
            worker.wait(30)


def test_integrations_made_while_workers_run_are_matched(operation: Operation, scene: Scene) -> None:
    eventually(lambda: '"topics": 0' in scene.said(), scene.said)
    for name, feed in ((scene.core, "core"), (scene.gateway, "gateway")):
        operation.make(name, f"{scene.sandbox}/feeds/{feed}", connector=feed)
        operation.store(name, "token", scene.tokens[feed])
        operation.enable(name)
    for name in (scene.core, scene.gateway):
        operation.wait_for(name, "active")

    def consumed() -> bool:
        rows = operation.operator.get("/v1/sources").json()["sources"]
        told = {row["name"]: row for row in rows}
        return all(told[name]["published"] and told[name]["lag_records"] == 0 for name in (scene.core, scene.gateway))

    eventually(consumed, lambda: f"{scene.said()}\n{operation.supervisors.log()}")
    (summary,) = operation.operator.get("/v1/summary").json()["reconciliations"]
    assert (summary["name"], summary["records"] > 200, summary["matched"] > 200) == ("two-way", True, True), summary


def test_a_webhook_reaches_its_topic_and_has_the_source_fetched(operation: Operation, scene: Scene) -> None:
    name = f"hooked_{secrets.token_hex(4)}"
    operation.make(name, f"{scene.sandbox}/feeds/core")
    operation.store(name, "token", scene.tokens["core"])
    operation.enable(name)
    operation.wait_for(name, "active")
    opened = {"settings": {}, "secrets": ["the-webhook-secret"]}
    operation.operator.put(f"/v1/webhooks/razorpay/{name}", json=opened).raise_for_status()

    def rounds() -> int:
        return int(query(operation.url, "SELECT rounds FROM source_progress WHERE source = %s", name)[0][0])

    before, body = rounds(), b'{"event": "payment.captured"}'
    signature = hmac.new(b"the-webhook-secret", body, hashlib.sha256).hexdigest()
    headers = {"X-Razorpay-Signature": signature, "X-Razorpay-Event-Id": "evt_1"}
    eventually(
        lambda: httpx.post(f"{operation.api}/v1/webhooks/razorpay/{name}", content=body, headers=headers).status_code == 200,
        operation.supervisors.log,
    )
    eventually(lambda: rounds() > before, operation.supervisors.log)
    assert topic_size(operation.bootstrap, f"{name}_events") == 1
    synced = [
        one["detail"] for one in operation.operator.get(f"{AT}/{name}/logs").json()["items"] if one["event"] == "sync finished"
    ]
    assert [one["result"] for one in synced] == ["done"]
    # The same event again is known: neither published nor a reason to fetch.
    assert httpx.post(f"{operation.api}/v1/webhooks/razorpay/{name}", content=body, headers=headers).status_code == 200
    assert query(operation.url, "SELECT publications FROM webhook_event") == [(1,)]
    assert topic_size(operation.bootstrap, f"{name}_events") == 1
