"""From nothing, by API calls alone: an integration to the sandbox, its credentials, a test, a sync, records in Kafka, health."""

import secrets

from tests.e2e.integrations.conftest import AT, Operation, Sandbox
from tests.fixtures.supervised import topic_size
from tests.fixtures.waiting import eventually


def test_an_operator_connects_a_provider_by_api_calls(operation: Operation, sandbox: Sandbox) -> None:
    operator, supervisors = operation.operator, operation.supervisors
    name = f"core_{secrets.token_hex(4)}"
    operation.make(name, f"{sandbox.address}/feeds/core")

    operation.store(name, "token", "wrong")
    refused = operation.carry_out(name, "test")
    assert (refused["result"], refused["failure"]) == ("failed", "authentication"), refused
    assert refused["action"].startswith("Store valid credentials")

    token = sandbox.tokens["core"]
    operation.store(name, "token", token)
    tested = operation.carry_out(name, "test")
    assert tested["result"] == "done"
    assert tested["records"] > 0
    assert operator.get(f"{AT}/{name}").json()["health"] is None, "a test is no poll"

    synced = operation.carry_out(name, "sync")
    assert synced["result"] == "done"
    assert synced["published"] >= tested["records"]
    found = operator.get(f"{AT}/{name}").json()
    assert (found["status"], found["health"], found["error_count"]) == ("inactive", 1.0, 0)
    bootstrap = operation.bootstrap
    assert topic_size(bootstrap, f"{name}_txns") == synced["published"]
    (source,) = operator.get("/v1/sources").json()["sources"]
    assert (source["name"], source["health"], source["published"]) == (name, "healthy", synced["published"])
    assert source["circuit"] == "closed"

    operation.enable(name)
    ranged = {"from_date": "2001-01-01", "to_date": "2001-01-02"}
    assert operation.carry_out(name, "sync", json=ranged)["published"] == 0
    today = {"to_date": "2999-01-01"}
    again = operation.carry_out(name, "sync", json=today)
    assert again["published"] == synced["published"]
    assert topic_size(bootstrap, f"{name}_txns") == 2 * synced["published"]

    recordings = operation.folder / "objects" / "recordings" / name
    assert not recordings.exists(), "nothing is recorded unless it is switched on"
    assert operator.put(f"{AT}/{name}/recording", json={"hours": 1}).json()["record_http_until"] is not None

    def is_recorded() -> bool:
        # The first sync may still be carried out by the producer that is about to be started anew.
        operation.carry_out(name, "sync")
        return any(recordings.glob("*.json"))

    eventually(is_recorded, supervisors.log)
    assert not any(token in path.read_text() for path in recordings.glob("*.json"))
    assert operator.delete(f"{AT}/{name}/recording").json()["record_http_until"] is None

    events = [event["event"] for event in operator.get(f"{AT}/{name}/logs").json()["items"]]
    assert {"created", "secret changed", "test finished", "sync finished", "enabled", "recording begun"} <= set(events)
    assert token not in operator.get(f"{AT}/{name}/logs").text
    assert token not in supervisors.log()
