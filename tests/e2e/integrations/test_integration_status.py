"""Every status of an integration, reached by polls of a running supervisor, with the reason and what the operator must do."""

import json
from collections.abc import Iterator
from uuid import UUID

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse
from reconduit.cli import app
from reconduit.integrations.outcomes import record_failure
from reconduit.integrations.status import PASSING_FAILURES, Failure
from tests.e2e.integrations.conftest import AT, Operation
from tests.fixtures.waiting import eventually

ANSWERS = {
    "well": FakeResponse(body=json.dumps({"records": [], "next": "", "has_more": False}).encode()),
    "refused": FakeResponse(401, b"{}"),
    "retired": FakeResponse(410, b'{"error": "this version is retired"}'),
    "reshaped": FakeResponse(body=b'{"rows": []}'),
    "forbidden": FakeResponse(403, b'{"error": "scope"}'),
    "down": FakeResponse(503, b"{}", {"Retry-After": "0"}),
    "bare": FakeResponse(404, b"{}"),
}
"""What the provider answers, by the first part of the path, which is also the integration's name."""

REACHED = [
    ("well", "active", None, None),
    ("refused", "login_error", "401", "Store valid credentials"),
    ("retired", "expired", "410", "Renew the consent"),
    ("reshaped", "outdated", "records", "Compare the answer in quarantine"),
    ("forbidden", "error", "403", "Ask the provider"),
    ("down", "error", "503", "Wait: polling goes on by itself"),
    ("bare", "waiting_user_input", "token missing", "Store the secret"),
]


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    def answer(request: FakeRequest) -> FakeResponse:
        return ANSWERS[request.path.split("/")[1]]

    with FakeProvider(answer) as serving:
        yield serving


@pytest.fixture(scope="module")
def polled(operation: Operation, provider: FakeProvider) -> Operation:
    """All of them enabled, so that their producers start side by side."""
    for name, *_ in REACHED:
        operation.make(name, f"{provider.base_url}/{name}")
        if name != "bare":
            operation.store(name, "token", "canary")
    with psycopg.connect(operation.url) as connection:
        # Its provider has been down for a while, in one poll less than it takes.
        for _ in range(PASSING_FAILURES - 1):
            down = UUID(operation.read("down")["id"])
            record_failure(connection, down, Failure.TRANSIENT, "503", fencing_token=None, wait=None)
    for name, *_ in REACHED:
        operation.enable(name)
    return operation


def requests(provider: FakeProvider, name: str) -> int:
    return sum(one.path.startswith(f"/{name}/") for one in provider.requests)


@pytest.mark.parametrize(("name", "status", "reason", "action"), REACHED)
def test_what_a_poll_makes_of_an_integration(
    polled: Operation, monkeypatch: pytest.MonkeyPatch, name: str, status: str, reason: str | None, action: str | None
) -> None:
    found = polled.wait_for(name, status)
    assert (found["status_reason"] is None, found["action_needed"] is None) == (reason is None, action is None), found
    assert (reason or "") in (found["status_reason"] or "")
    assert (found["action_needed"] or "").startswith(action or "")
    monkeypatch.setenv("DATABASE_URL", polled.url)
    told = CliRunner().invoke(app, ["sources", "status", name])
    assert (told.exit_code, f"{name}: {status}" in told.output, f"to do: {action}" in told.output) == (
        1 if action else 0,
        True,
        action is not None,
    )
    assert "canary" not in json.dumps(found) + told.output


def test_one_that_rests_is_asked_no_more_until_somebody_acts(polled: Operation, provider: FakeProvider) -> None:
    polled.wait_for("refused", "login_error")
    asked = len([one for one in provider.requests if one.path.startswith("/refused")])
    assert polled.operator.post(f"{AT}/refused/sync").status_code == 409
    assert polled.carry_out("refused", "sync", json={"force": True})["result"] == "failed"
    assert len([one for one in provider.requests if one.path.startswith("/refused")]) > asked
    polled.store("bare", "token", "canary")
    assert polled.wait_for("bare", "error")["status_reason"].startswith("ConfigurationError"), "nobody has acted on its address"


def test_off_stays_off_whatever_its_polls_come_to(polled: Operation, provider: FakeProvider) -> None:
    polled.make("asleep", f"{provider.base_url}/well")
    polled.store("asleep", "token", "canary")
    for status in ("inactive", "disabled"):
        done = polled.carry_out("asleep", "sync")
        assert done["result"] == "done", (done, polled.supervisors.log())
        assert polled.read("asleep")["status"] == status
        polled.enable("asleep")
        polled.wait_for("asleep", "active")
        polled.operator.post(f"{AT}/asleep/disable").raise_for_status()


def test_the_supervisor_tells_how_they_fare(polled: Operation) -> None:
    for name, status, *_ in REACHED[:4]:
        polled.wait_for(name, status)
    lines = (
        'recon_integration_status{source="well",status="active"} 1.0',
        'recon_integration_status{source="retired",status="expired"} 1.0',
        'recon_integration_health_ratio{source="well"} 1.0',
        'recon_integration_polls_total{outcome="contract",source="reshaped"} 1.0',
        'recon_integration_polls_total{outcome="complete",source="well"} 1.0',
        # What its producers count in processes of their own.
        'recon_provider_http_requests_total{source="well",status="2xx"} 1.0',
    )

    def metrics() -> str:
        return httpx.get(polled.metrics, timeout=60).text

    eventually(lambda: all(line in metrics() for line in lines), metrics)
    told = metrics()
    assert 'recon_integration_sync_lag_seconds{source="well"}' in told
    assert float(next(line for line in told.splitlines() if line.startswith("recon_supervisor_leases_held")).split()[1]) >= 7
    assert "canary" not in told
