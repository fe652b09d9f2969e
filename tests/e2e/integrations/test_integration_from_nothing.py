"""From nothing, by API calls alone: an integration to the sandbox, its credentials, a test, a sync, records in Kafka, health."""

import secrets
from typing import Any

import httpx

from tests.e2e.integrations.conftest import AT, Operation, Sandbox
from tests.fixtures.supervised import Supervisors, topic_size


def outcome(answer: httpx.Response, supervisors: Supervisors) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    found = answer.json()["outcome"]
    assert found is not None, supervisors.log()
    assert isinstance(found, dict)
    return found


def test_an_operator_connects_a_provider_by_api_calls(operation: Operation, sandbox: Sandbox) -> None:
    operator, supervisors = operation.operator, operation.supervisors
    name = f"core_{secrets.token_hex(4)}"
    operation.make(name, f"{sandbox.address}/feeds/core")

    operation.store(name, "token", "wrong")
    refused = outcome(operator.post(f"{AT}/{name}/test", params={"wait": 30}), supervisors)
    assert (refused["result"], refused["failure"]) == ("failed", "authentication"), refused
    assert refused["action"].startswith("Store valid credentials")

    token = sandbox.tokens["core"]
    operation.store(name, "token", token)
    tested = outcome(operator.post(f"{AT}/{name}/test", params={"wait": 30}), supervisors)
    assert tested["result"] == "done"
    assert tested["records"] > 0
    assert operator.get(f"{AT}/{name}").json()["health"] is None, "a test is no poll"

    synced = outcome(operator.post(f"{AT}/{name}/sync", params={"wait": 30}), supervisors)
    assert synced["result"] == "done"
    assert synced["published"] >= tested["records"]
    found = operator.get(f"{AT}/{name}").json()
    assert (found["status"], found["health"], found["error_count"]) == ("inactive", 1.0, 0)
    bootstrap = operation.bootstrap
    assert topic_size(bootstrap, f"{name}_txns") == synced["published"]
    (source,) = operator.get("/v1/sources").json()["sources"]
    assert (source["name"], source["health"], source["published"]) == (name, "healthy", synced["published"])

    operation.enable(name)
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
