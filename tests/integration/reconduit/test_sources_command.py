"""`reconduit sources` on a real database: the life of an integration from the command line."""

import base64
import datetime as dt
import json
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner, Result

from reconduit.cli import app
from reconduit.errors import ReconduitError
from reconduit.integrations.errors import NameTakenError, UnknownIntegrationError, VersionConflictError
from reconduit.integrations.outcomes import record_failure, record_success
from reconduit.integrations.status import Failure
from reconduit.vault import open_vault


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(bytes(32)).decode()}")


def sources(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["sources", *arguments], input=typed)


def done(*arguments: str, typed: str | None = None) -> str:
    result = sources(*arguments, typed=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refusal(*arguments: str) -> ReconduitError:
    error = sources(*arguments).exception
    assert isinstance(error, ReconduitError), error
    return error


def test_an_integration_lives_on_the_command_line(tmp_path: Path, database_url: str) -> None:
    options = tmp_path / "options.yaml"
    options.write_text("window_days: 3\n", encoding="utf-8")
    done("create", "acme", "core", "--base-url", "http://127.0.0.1:9/feeds/core", "--options", str(options))
    assert isinstance(refusal("create", "acme", "core"), NameTakenError)
    done("secret", "acme", "token", typed="s3cret\n")
    shown = json.loads(done("show", "acme"))
    assert (shown["options"], shown["secrets"], shown["status"]) == ({"window_days": 3}, ["token"], "inactive")
    vault = open_vault(lambda: psycopg.connect(database_url))
    assert vault.get("default", UUID(shown["integration_id"]), "token").get_secret_value() == "s3cret"
    assert "is active" in done("enable", "acme")
    done("update", "acme", "--poll-seconds", "9", "--feature-flag", "beta", "--version", "3")
    assert isinstance(refusal("update", "acme", "--poll-seconds", "8", "--version", "3"), VersionConflictError)
    changed = json.loads(done("show", "acme"))
    assert (changed["poll_seconds"], changed["feature_flag"]) == (9, "beta")
    assert "1 asked for" in done("sync-due")
    asked = json.loads(done("test", "acme", "--wait", "0"))
    assert json.loads(done("outcome", "acme", asked["command_id"])) == asked
    assert sources("test", "acme", "--wait", "1").exit_code == 1
    events = [json.loads(line)["event"] for line in done("logs", "acme").splitlines()]
    assert events == ["created", "secret changed", "enabled", "changed"]
    assert done("logs", "acme", "--level", "error") == ""
    assert "acme" in done("list", "--status", "active", "--connector", "core", "--due")
    assert "acme" not in done("list", "--status", "error") + done("list", "--connector", "hdfc")
    assert "is recorded until 20" in done("record", "acme", "--hours", "4")
    assert json.loads(done("show", "acme"))["record_http_until"] is not None
    assert "is not recorded" in done("record", "acme", "--off")
    done("secret", "acme", "token", "--remove")
    assert json.loads(done("show", "acme"))["secrets"] == []
    assert "is disabled" in done("disable", "acme")
    assert "acme" not in done("list", "--due"), "what is disabled is never due"
    assert "acme  core       disabled  -" in done("list")
    done("delete", "acme")
    assert isinstance(refusal("show", "acme"), UnknownIntegrationError)


def test_status_and_health_tell_what_to_do(database_url: str) -> None:
    done("create", "acme", "core")
    done("enable", "acme")
    number = UUID(json.loads(done("show", "acme"))["integration_id"])
    with psycopg.connect(database_url) as connection:
        for _ in range(2):
            record_success(connection, number, fencing_token=None, wait=dt.timedelta(seconds=5))
        record_failure(connection, number, Failure.AUTHENTICATION, "401", fencing_token=None, wait=None)
    told = sources("status", "acme")
    assert (told.exit_code, "login_error: 401" in told.output, "Store valid credentials" in told.output) == (1, True, True)
    assert "health 0.80, 1 errors" in done("health", "acme")
    done("enable", "acme")
    assert "acme: active" in done("status", "acme")


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "Acme", "core"),
        ("create", "acme", "os:system"),
        ("create", "acme", "core", "--base-url", "https://user:secret@bank.example"),
        ("sync", "acme", "--from-date", "yesterday"),
        ("secret", "acme", "To ken"),
    ],
)
def test_wrong_input_is_usage(arguments: tuple[str, ...]) -> None:
    assert sources(*arguments).exit_code == 2
