"""What integrations bring is matched, also of those made while the workers run; a webhook has its source fetched at once."""

import hashlib
import hmac
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from tests.e2e.integrations.conftest import AT, Operation, Sandbox
from tests.fixtures.scene import query
from tests.fixtures.supervised import topic_size
from tests.fixtures.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Worker:
    """A worker that reconciles two sources, neither of which is there when it starts."""

    core: str
    gateway: str
    group: str
    environment: Mapping[str, str]
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def run(self, *arguments: str) -> str:
        """Another command of the same installation, to its end; returns what it printed."""
        command = [sys.executable, "-m", "reconduit", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def worker(operation: Operation) -> Iterator[Worker]:
    if operation.supervisors.is_mock:
        pytest.skip("needs a real Kafka: the mock cluster makes every topic that is asked for, so none comes later")
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
        "RECONDUIT_SOURCES": "",
        "RECONDUIT_RECONCILIATIONS": str(operation.folder / "rules"),
    }
    with (operation.folder / "worker.log").open("wb") as log:
        group = f"matched-{suffix}"
        arguments = [sys.executable, "-m", "reconduit", "consume", "--group", group]
        process = subprocess.Popen(arguments, env=environment, stdout=log, stderr=log)
        try:
            yield Worker(f"core_{suffix}", f"gateway_{suffix}", group, environment, operation.folder / "worker.log")
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def test_integrations_made_while_workers_run_are_matched(operation: Operation, sandbox: Sandbox, worker: Worker) -> None:
    eventually(lambda: '"topics": 0' in worker.said(), worker.said)
    for name, feed in ((worker.core, "core"), (worker.gateway, "gateway")):
        operation.make(name, f"{sandbox.address}/feeds/{feed}", connector=feed)
        operation.store(name, "token", sandbox.tokens[feed])
        operation.enable(name)
    for name in (worker.core, worker.gateway):
        operation.wait_for(name, "active")

    def consumed() -> bool:
        rows = operation.operator.get("/v1/sources").json()["sources"]
        told = {row["name"]: row for row in rows}
        return all(told[name]["published"] and told[name]["lag_records"] == 0 for name in (worker.core, worker.gateway))

    eventually(consumed, lambda: f"{worker.said()}\n{operation.supervisors.log()}")
    (summary,) = operation.operator.get("/v1/summary").json()["reconciliations"]
    assert (summary["name"], summary["records"] > 200, summary["matched"] > 200) == ("two-way", True, True), summary

    # Whoever else reads topics knows them too, also after one was removed: its records are decided about as before.
    operation.operator.delete(f"{AT}/{worker.gateway}").raise_for_status()
    worker.run("close", "--once")
    replayed = worker.run("replay", "--from", "beginning", "--group", worker.group)
    assert "as before" in replayed
    assert "DIFFERS" not in replayed
    assert int(replayed.split()[0]) >= summary["records"]


def test_a_webhook_reaches_its_topic_and_has_the_source_fetched(operation: Operation, sandbox: Sandbox) -> None:
    name = f"hooked_{secrets.token_hex(4)}"
    operation.make(name, f"{sandbox.address}/feeds/core")
    operation.store(name, "token", sandbox.tokens["core"])
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
        lambda: (
            httpx.post(f"{operation.api}/v1/webhooks/razorpay/{name}", content=body, headers=headers, timeout=60).status_code == 200
        ),
        operation.supervisors.log,
    )
    eventually(lambda: rounds() > before, operation.supervisors.log)
    assert topic_size(operation.bootstrap, f"{name}_events") == 1
    synced = [
        one["detail"] for one in operation.operator.get(f"{AT}/{name}/logs").json()["items"] if one["event"] == "sync finished"
    ]
    assert [one["result"] for one in synced] == ["done"]
    # The same event again is known: neither published nor a reason to fetch.
    assert httpx.post(f"{operation.api}/v1/webhooks/razorpay/{name}", content=body, headers=headers, timeout=60).status_code == 200
    assert query(operation.url, "SELECT publications FROM webhook_event") == [(1,)]
    assert topic_size(operation.bootstrap, f"{name}_events") == 1
