"""Integrations through the API: their life, what is refused, and who wins when two write at once."""

import base64
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from api.app import create_app
from reconduit.integrations.commands import finish_command, open_commands
from reconduit.integrations.events import KEPT_EVENTS, read_events, write_event
from reconduit.integrations.outcomes import record_failure
from reconduit.integrations.status import Failure
from reconduit.vault import open_vault
from tests.fixtures.app_server import serving_app
from tests.fixtures.scene import query
from tests.integration.api.conftest import TOKEN, settings_for

AT = "/v1/integrations"
DRAFT: dict[str, Any] = {"name": "acme", "connector": "core", "base_url": "http://127.0.0.1:9/feeds/core"}


@pytest.fixture
def operator(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(bytes(32)).decode()}")
    with (
        serving_app(create_app(settings_for(database_url))) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client,
    ):
        yield client


def make(operator: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = operator.post(AT, json=DRAFT | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def fail(url: str, made: dict[str, Any], failure: Failure) -> None:
    with psycopg.connect(url) as connection:
        assert record_failure(connection, UUID(made["id"]), failure, "401", fencing_token=None, wait=None) is not None


def test_an_integration_lives_and_is_removed(operator: httpx.Client, database_url: str) -> None:
    answer = operator.post(AT, json=DRAFT | {"options": {"window_days": 3}})
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert (made["status"], made["enabled"], made["health"], made["error_count"]) == ("inactive", False, None, 0)
    assert operator.get(answer.headers["location"]).json() == made
    assert operator.get(f"{AT}/acme").json() == made
    assert operator.post(f"{AT}/acme/enable").json()["status"] == "active"
    changed = operator.patch(f"{AT}/acme", json={"poll_seconds": 7, "feature_flag": "beta"}).json()
    assert (changed["poll_seconds"], changed["feature_flag"], changed["options"]) == (7, "beta", {"window_days": 3})
    assert operator.patch(f"{AT}/acme", json={"feature_flag": None}).json()["feature_flag"] is None
    assert operator.post(f"{AT}/acme/disable").json()["status"] == "disabled"
    events = [event["event"] for event in operator.get(f"{AT}/acme/logs").json()["items"]]
    assert events == ["disabled", "changed", "changed", "enabled", "created"]
    operator.put(f"{AT}/acme/secrets/token", json={"value": "s3cret"})
    assert operator.delete(f"{AT}/acme").status_code == 204
    assert operator.get(f"{AT}/acme").status_code == 404
    assert query(database_url, "SELECT (SELECT count(*) FROM secret) + (SELECT count(*) FROM integration_event)") == [(0,)]


WRONG: list[dict[str, Any]] = [
    {"name": "Acme"},
    {"name": "a" * 32},
    {"connector": "os:system"},
    {"base_url": "file:///etc/passwd"},
    {"base_url": "https://user:secret@bank.example"},
    {"base_url": "https://bank.example/?key=1"},
    {"poll_seconds": 0},
    {"options": {"a": "\x00"}},
    {"options": {"a": "x" * 70_000}},
    {"secrets": {"token": "x"}},
    {"partition_by": "amount"},
]


def test_what_cannot_be_an_integration_is_refused(operator: httpx.Client) -> None:
    for change in WRONG:
        answer = operator.post(AT, json=DRAFT | change)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameters"), change
    assert operator.get(AT).json()["items"] == []


def test_a_change_for_another_version_is_refused(operator: httpx.Client) -> None:
    make(operator)
    first = operator.patch(f"{AT}/acme", json={"poll_seconds": 5}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    for late in (
        operator.patch(f"{AT}/acme", json={"poll_seconds": 6}, headers={"If-Match": '"1"'}),
        operator.post(f"{AT}/acme/enable", headers={"If-Match": '"1"'}),
        operator.delete(f"{AT}/acme", headers={"If-Match": '"x"'}),
    ):
        assert (late.status_code, late.json()["type"]) == (412, "/problems/precondition-failed")
    assert operator.get(f"{AT}/acme").json()["poll_seconds"] == 5


def test_one_of_two_changes_at_once_wins(operator: httpx.Client) -> None:
    make(operator)
    answers: list[int] = []

    def change(seconds: int) -> None:
        answers.append(operator.patch(f"{AT}/acme", json={"poll_seconds": seconds}, headers={"If-Match": '"1"'}).status_code)

    threads = [threading.Thread(target=change, args=(seconds,)) for seconds in (5, 6, 7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 412, 412, 412]


def test_a_repeated_request_makes_one(operator: httpx.Client) -> None:
    answers = [operator.post(AT, json=DRAFT, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    other = operator.post(AT, json=DRAFT | {"name": "other"}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    taken = operator.post(AT, json=DRAFT)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/conflict")


def test_pages_of_integrations_are_whole_and_in_order(operator: httpx.Client) -> None:
    for name in ("delta", "alpha", "echo", "bravo", "charlie"):
        make(operator, name=name)
    operator.post(f"{AT}/echo/enable")
    names: list[str] = []
    answer = operator.get(AT, params={"limit": 2})
    while True:
        names += [one["name"] for one in answer.json()["items"]]
        if "next" not in answer.links:
            break
        answer = operator.get(AT, params={"limit": 2, "cursor": answer.json()["next"]})
    assert names == ["alpha", "bravo", "charlie", "delta", "echo"]
    assert [one["name"] for one in operator.get(AT, params={"due": "true"}).json()["items"]] == ["echo"]
    assert len(operator.get(AT, params={"status": "inactive"}).json()["items"]) == 4


def test_a_secret_is_sealed_and_never_shown(operator: httpx.Client, database_url: str) -> None:
    made = make(operator)
    assert operator.put(f"{AT}/acme/secrets/token", json={"value": "s3cret-value"}).status_code == 204
    assert operator.get(f"{AT}/acme/secrets").json() == {"items": ["token"]}
    vault = open_vault(lambda: psycopg.connect(database_url))
    assert vault.get("default", UUID(made["id"]), "token").get_secret_value() == "s3cret-value"
    told = "".join(operator.get(f"{AT}{path}").text for path in ("", "/acme", "/acme/logs", "/acme/secrets"))
    assert "s3cret-value" not in told
    refused = operator.put(f"{AT}/acme/secrets/token", json={"value": "s3cret-value" * 7000})
    assert refused.status_code == 422
    assert "s3cret-value" not in refused.text
    assert operator.put(f"{AT}/acme/secrets/To ken", json={"value": "x"}).status_code == 422
    assert operator.delete(f"{AT}/acme/secrets/token").status_code == 204
    assert operator.get(f"{AT}/acme/secrets").json() == {"items": []}


def test_without_a_key_a_secret_is_refused_and_nothing_is_changed(operator: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make(operator)
    monkeypatch.delenv("RECONDUIT_VAULT_KEYS")
    answer = operator.put(f"{AT}/acme/secrets/token", json={"value": "x"})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/vault-closed")
    assert operator.get(f"{AT}/acme").json()["version"] == 1


def test_who_waits_for_an_operator_is_not_synced_unless_forced(operator: httpx.Client, database_url: str) -> None:
    made = make(operator)
    operator.post(f"{AT}/acme/enable")
    fail(database_url, made, Failure.AUTHENTICATION)
    found = operator.get(f"{AT}/acme").json()
    assert (found["status"], found["error_count"], found["health"]) == ("login_error", 1, 0.0)
    assert found["status_reason"] == "401" and found["action_needed"].startswith("Store valid credentials")
    refused = operator.post(f"{AT}/acme/sync")
    assert (refused.status_code, "Store valid credentials" in refused.json()["detail"]) == (409, True)
    assert operator.post(f"{AT}/sync-due").json()["items"] == []
    assert operator.post(f"{AT}/acme/sync", json={"force": True}).status_code == 202
    operator.put(f"{AT}/acme/secrets/token", json={"value": "new"})
    assert operator.get(f"{AT}/acme").json()["status"] == "active"


def test_a_command_is_waited_for_and_read_again(operator: httpx.Client, database_url: str) -> None:
    made = make(operator)
    answer = operator.post(f"{AT}/acme/test")
    assert (answer.status_code, answer.json()["finished_at"]) == (202, None)

    def carry_out() -> None:
        with psycopg.connect(database_url) as connection:
            (command,) = open_commands(connection, UUID(made["id"]))
            assert finish_command(connection, command, {"result": "done", "records": 3})
            assert not finish_command(connection, command, {"result": "failed"})

    carry_out()
    assert operator.get(answer.headers["location"]).json()["outcome"]["records"] == 3
    timer = threading.Timer(0.3, carry_out)
    timer.start()
    waited = operator.post(f"{AT}/acme/sync", params={"wait": 20}, json={"from_date": "2026-01-02", "to_date": "2026-01-03"}).json()
    timer.join()
    assert waited["outcome"] == {"result": "done", "records": 3}
    assert waited["arguments"] == {"force": False, "from_date": "2026-01-02", "to_date": "2026-01-03"}
    assert operator.post(f"{AT}/acme/sync", json={"from_date": "2026-01-03", "to_date": "2026-01-02"}).status_code == 422
    assert operator.get(f"{AT}/acme/commands/nonsense").status_code == 404


def test_commands_that_nobody_carries_out_do_not_pile_up(operator: httpx.Client) -> None:
    make(operator)
    operator.post(f"{AT}/acme/enable")
    due = operator.post(f"{AT}/sync-due")
    assert (due.status_code, len(due.json()["items"])) == (202, 1)
    assert operator.post(f"{AT}/sync-due").json()["items"] == []
    statuses = [operator.post(f"{AT}/acme/test").status_code for _ in range(20)]
    assert statuses == [202] * 19 + [409]


def test_logs_keep_the_latest_events_only(operator: httpx.Client, database_url: str) -> None:
    made = make(operator)
    number = UUID(made["id"])
    with psycopg.connect(database_url) as connection:
        for index in range(KEPT_EVENTS + 5):
            write_event(connection, number, "info", f"event {index}", {})
        kept = read_events(connection, number, KEPT_EVENTS * 2)
    assert (len(kept), kept[0]["event"], kept[-1]["event"]) == (KEPT_EVENTS, f"event {KEPT_EVENTS + 4}", "event 5")
    assert operator.get(f"{AT}/acme/logs", params={"level": "error"}).json()["items"] == []


def test_a_source_is_stale_by_how_often_its_integration_is_polled(operator: httpx.Client, database_url: str) -> None:
    for name, seconds in (("hasty", 60), ("daily", 86_400)):
        make(operator, name=name, poll_seconds=seconds)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO source_progress (tenant_id, source, last_success_at) "
            "VALUES ('default', 'hasty', now() - interval '20 minutes'), ('default', 'daily', now() - interval '20 minutes')"
        )
    told = {row["name"]: row["health"] for row in operator.get("/v1/sources").json()["sources"]}
    assert told == {"hasty": "stale", "daily": "healthy"}
