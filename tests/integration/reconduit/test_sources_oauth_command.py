"""`reconduit sources oauth` on a real database and a real authorisation server: authorised, renewed and revoked from a terminal."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from reconduit.authorisation.callback_address import CallbackAnswer, read_callback
from reconduit.authorisation.errors import AuthorisationRequestError, ClientSettingsError
from reconduit.cli import app
from tests.fixtures.authorisation_server import SECRET, AuthorisationServer, serving_authorisation
from tests.fixtures.authorising import client_of


@pytest.fixture(autouse=True)
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(bytes(32)).decode()}")
    monkeypatch.setenv("RECONDUIT_TOKEN_JOURNAL", str(tmp_path / "journal"))


@pytest.fixture
def server() -> AuthorisationServer:
    return AuthorisationServer()


@pytest.fixture
def configured(server: AuthorisationServer, tmp_path: Path) -> Iterator[None]:
    """The integration `acme` with OAuth settings and its client secret."""
    with serving_authorisation(server) as address:
        settings = tmp_path / "oauth.json"
        settings.write_text(client_of(address).model_dump_json(exclude_defaults=True), encoding="utf-8")
        sources("create", "acme", "core")
        assert isinstance(oauth("show", "acme").exception, ClientSettingsError)
        assert "are stored" in oauth("set", "acme", str(settings)).output
        sources("secret", "acme", "client_secret", typed=SECRET)
        yield


def sources(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["sources", *arguments], input=typed)


def oauth(*arguments: str) -> Result:
    return sources("oauth", *arguments)


def browse(monkeypatch: pytest.MonkeyPatch, answer_of: Any) -> None:
    """Let a person open what the command prints, and paste what `answer_of` makes of the address that they are sent to."""
    said: list[str] = []
    echo = typer.echo

    def tell(message: str, **options: Any) -> None:
        said.append(message)
        echo(message, **options)

    def paste(_question: str, *, hide_input: bool) -> str:
        assert hide_input, "a code is a secret until it is exchanged"
        return str(answer_of(httpx.get(said[-1], follow_redirects=False).headers["Location"]))

    monkeypatch.setattr(typer, "echo", tell)
    monkeypatch.setattr(typer, "prompt", paste)


@pytest.mark.usefixtures("configured")
def test_a_terminal_authorises_renews_and_revokes(server: AuthorisationServer, monkeypatch: pytest.MonkeyPatch) -> None:
    never = oauth("show", "acme")
    assert (never.exit_code, json.loads(never.output)["reason"]) == (1, "it was never authorised")
    browse(monkeypatch, lambda location: f" {location}\n")
    assert "acme is authorised" in oauth("authorise", "acme").output
    shown = oauth("show", "acme")
    state = json.loads(shown.output)
    assert (shown.exit_code, state["authorised"], state["generation"]) == (0, True, 1)
    assert state["access_seconds"] > 3000
    assert "good access token" in oauth("renew", "acme").output
    assert len(server.exchanges) == 1, "the token that it has is good"
    assert "revoked and forgotten" in oauth("revoke", "acme").output
    assert server.revoked
    after = oauth("show", "acme")
    assert after.exit_code == 1
    assert "canary" not in never.output + shown.output + after.output
    events = [json.loads(line)["detail"].get("name") for line in sources("logs", "acme").output.splitlines()]
    assert events == [None, "oauth settings", "client_secret", "authorisation"]


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("answer_of", "says"),
    [
        (lambda location: location.replace("code=", "error=access_denied&ignored="), "did not authorise: access_denied"),
        (lambda location: location.replace("code=", "error=<b>&ignored="), "did not authorise: an error of its own"),
    ],
    ids=["denied", "other"],
)
def test_a_refusal_at_the_provider_is_told(
    server: AuthorisationServer, monkeypatch: pytest.MonkeyPatch, answer_of: Any, says: str
) -> None:
    browse(monkeypatch, answer_of)
    refused = oauth("authorise", "acme")
    assert (refused.exit_code, says in refused.output, server.exchanges) == (1, True, [])


@pytest.mark.usefixtures("configured")
def test_an_answer_to_somebody_else_is_refused(server: AuthorisationServer, monkeypatch: pytest.MonkeyPatch) -> None:
    browse(monkeypatch, lambda location: location.replace("state=", "state=x"))
    assert isinstance(oauth("authorise", "acme").exception, AuthorisationRequestError)
    assert server.exchanges == []


def test_an_answer_is_read_from_the_address_that_was_copied() -> None:
    answer = read_callback("https://recon.example/oauth/callback?code=a%2Bb&state=s&iss=https%3A%2F%2Fbank.example\n")
    assert answer == CallbackAnswer("s", "a+b", "https://bank.example", "an error of its own")
    for wrong in ("", "code", "https://recon.example/cb?code=a", "https://r.example/cb?state=a&state=b&code=c", "http://[?state=a"):
        with pytest.raises(AuthorisationRequestError, match="copy all of it"):
            read_callback(wrong)
