"""Authorising integrations through the API, against an authorisation server on a real socket."""

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from api.app import create_app
from tests.fixtures.app_server import serving_app
from tests.fixtures.authorisation_server import CLIENT, SECRET, USER, USER_PASSWORD, AuthorisationServer, serving_authorisation
from tests.fixtures.authorising import KEY
from tests.integration.api.conftest import TOKEN, settings_for

BEARER = {"Authorization": f"Bearer {TOKEN}"}
OAUTH = "/v1/integrations/acme/oauth"


@pytest.fixture(scope="module")
def url(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    journal: Path = tmp_path_factory.mktemp("journal")
    with pytest.MonkeyPatch.context() as patch, serving_app(create_app(settings_for(module_database_url))) as url:
        patch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(KEY).decode()}")
        patch.setenv("RECONDUIT_TOKEN_JOURNAL", str(journal))
        yield url


@pytest.fixture
def server() -> AuthorisationServer:
    return AuthorisationServer()


@pytest.fixture
def server_url(server: AuthorisationServer) -> Iterator[str]:
    with serving_authorisation(server) as url:
        yield url


@pytest.fixture
def program(url: str, server_url: str) -> Iterator[httpx.Client]:
    """A client with the API's token; the integration `acme` is there, with OAuth settings and secret."""
    with httpx.Client(base_url=url, headers=BEARER, timeout=60) as client:
        client.delete("/v1/integrations/acme")
        draft = {"name": "acme", "connector": "hdfc", "base_url": server_url}
        assert client.post("/v1/integrations", json=draft).status_code == 201
        configure(client, server_url, url)
        assert client.put("/v1/integrations/acme/secrets/client_secret", json={"value": SECRET}).status_code == 204
        yield client


def configure(client: httpx.Client, server_url: str, url: str, grant: str = "authorization_code") -> None:
    settings = {
        "grant": grant,
        "client_id": CLIENT,
        "token_url": f"{server_url}/token",
        "authorise_url": f"{server_url}/authorise",
        "revoke_url": f"{server_url}/revoke",
        "redirect_uri": f"{url}/oauth/callback",
        "scopes": ["accounts"],
    }
    answer = client.put(OAUTH, json=settings)
    assert answer.status_code == 200, answer.text


def answer_of_provider(authorise_url: str) -> str:
    """The address that the provider sends the browser back to."""
    return str(httpx.get(authorise_url, follow_redirects=False, timeout=60).headers["Location"])


def test_a_program_authorises_and_sees_how_long_it_lasts(program: httpx.Client, server: AuthorisationServer) -> None:
    assert program.get(OAUTH).json()["authorised"] is False
    begun = program.post(f"{OAUTH}/authorise").json()
    asked = parse_qs(urlsplit(begun["authorise_url"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["accounts"]
    done = program.get(answer_of_provider(begun["authorise_url"]))
    assert done.status_code == 200
    assert (done.json()["authorised"], done.json()["reason"]) == (True, None)
    assert program.get(OAUTH).json()["access_expires_at"] > "2026"
    assert [form["grant_type"] for form in server.exchanges] == ["authorization_code"]
    logs = program.get("/v1/integrations/acme/logs").json()["items"]
    changes = [entry["detail"] for entry in logs]
    assert {"by": "api token", "name": "authorisation"} in changes
    assert {"by": "api token", "name": "oauth settings"} in changes
    assert program.get("/v1/integrations/acme/secrets").json()["items"] == ["client_secret"]
    for text in (done.text, str(logs), program.get(OAUTH).text):
        assert "canary" not in text


def test_a_browser_authorises_with_the_cookie_of_its_own(program: httpx.Client, url: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as browser:
        assert browser.post("/login", data={"token": TOKEN}).status_code == 303
        sent = browser.get("/integrations/acme/authorise")
        assert sent.status_code == 303
        cookie = sent.headers["Set-Cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/oauth/callback"))
        # As a browser does on a redirect from another site: the session's Strict cookie stays behind.
        browser.cookies.delete("reconduit_session")
        done = browser.get(answer_of_provider(sent.headers["Location"]), headers={"Accept": "text/html"})
        assert done.status_code == 200
        assert "acme may read from its provider now" in done.text
    assert program.get(OAUTH).json()["authorised"] is True


def test_an_authorisation_is_worth_nothing_in_another_session(program: httpx.Client, url: str, server: AuthorisationServer) -> None:
    location = answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"])
    with httpx.Client(base_url=url, timeout=60) as stranger:
        assert stranger.get(location).status_code == 409
        stranger.cookies.set("reconduit_authorising", "guessed")
        refused = stranger.get(location, headers={"Accept": "text/html"})
        assert refused.status_code == 409
        assert "another session" in refused.text
        assert stranger.get(location, headers={"Authorization": "Bearer wrong-token"}).status_code == 409
        assert stranger.post(f"{OAUTH}/authorise").status_code == 401
        assert stranger.get("/integrations/acme/authorise").status_code == 401
    assert server.exchanges == []
    # The strangers did not use it up.
    assert program.get(location).status_code == 200


def test_a_state_is_good_once_and_for_ten_minutes(
    program: httpx.Client, server: AuthorisationServer, module_database_url: str
) -> None:
    location = answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"])
    assert program.get(location).status_code == 200
    assert program.get(location).status_code == 409
    location = answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"])
    with psycopg.connect(module_database_url) as connection:
        connection.execute("UPDATE oauth_request SET expires_at = now()")
    late = program.get(location)
    assert late.status_code == 409
    assert "ten minutes" in late.json()["detail"]
    assert len(server.exchanges) == 1
    program.post(f"{OAUTH}/authorise")
    with psycopg.connect(module_database_url) as connection:
        left = connection.execute(
            "SELECT (SELECT count(*) FROM oauth_request), count(*) FROM secret WHERE name LIKE 'oauth.verifier.%'"
        ).fetchone()
    assert left == (1, 1)


def test_a_refusal_of_the_person_is_said_without_the_provider_s_words(program: httpx.Client) -> None:
    begun = program.post(f"{OAUTH}/authorise").json()["authorise_url"]
    (state,) = parse_qs(urlsplit(begun).query)["state"]
    refused = program.get("/oauth/callback", params={"state": state, "error": "access_denied"})
    assert (refused.status_code, "access_denied" in refused.json()["detail"]) == (409, True)
    begun = program.post(f"{OAUTH}/authorise").json()["authorise_url"]
    (state,) = parse_qs(urlsplit(begun).query)["state"]
    refused = program.get("/oauth/callback", params={"state": state, "error": "<script>phish</script>"})
    assert "phish" not in refused.text


def test_an_answer_of_another_issuer_is_not_exchanged(program: httpx.Client, server: AuthorisationServer) -> None:
    settings = program.get(OAUTH).json()["client"] | {"issuer": "https://bank.example"}
    assert program.put(OAUTH, json=settings).status_code == 200
    location = answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"])
    assert program.get(f"{location}&iss=https://evil.example").status_code == 409
    assert server.exchanges == []


def test_metrics_say_when_tokens_end_and_who_must_act(program: httpx.Client, module_database_url: str) -> None:
    program.get(answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"]))
    with psycopg.connect(module_database_url) as connection:
        connection.execute("UPDATE oauth_token SET refresh_expires_at = to_timestamp(1800000000)")
    told = program.get("/metrics").text
    assert 'recon_token_expiry_timestamp_seconds{source="acme",token="refresh"} 1.8e+09' in told
    assert 'recon_token_expiry_timestamp_seconds{source="acme",token="access"}' in told
    assert 'recon_authorisation_needed{source="acme"} 0.0' in told
    program.post(f"{OAUTH}/revoke")
    assert 'recon_authorisation_needed{source="acme"} 1.0' in program.get("/metrics").text


def test_a_new_authorisation_that_fails_leaves_the_one_in_force(program: httpx.Client, server: AuthorisationServer) -> None:
    program.get(answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"]))
    location = answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"])
    refused = program.get(location.replace("code=code-", "code=forged-"))
    assert (refused.status_code, "invalid_grant" in refused.json()["detail"]) == (502, True)
    assert server.refused == ["invalid_grant"]
    after = program.get(OAUTH).json()
    assert (after["authorised"], after["generation"]) == (True, 1)


def test_revoked_means_that_a_person_must_authorise_again(program: httpx.Client, server: AuthorisationServer) -> None:
    program.get(answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"]))
    assert program.post(f"{OAUTH}/revoke").json() == {"provider_told": True}
    assert server.revoked
    after = program.get(OAUTH).json()
    assert (after["authorised"], "revoked" in after["reason"]) == (False, True)
    refused = program.post(f"{OAUTH}/renew")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/authorisation-refused")


@pytest.mark.parametrize("grant", ["client_credentials", "password"])
def test_grants_that_need_nobody(program: httpx.Client, url: str, server_url: str, server: AuthorisationServer, grant: str) -> None:
    configure(program, server_url, url, grant)
    if grant == "password":
        refused = program.post(f"{OAUTH}/renew")
        assert (refused.status_code, "username" in refused.json()["detail"]) == (409, True)
        for name, value in (("username", USER), ("password", USER_PASSWORD)):
            program.put(f"/v1/integrations/acme/secrets/{name}", json={"value": value})
    for _ in range(2):
        renewed = program.post(f"{OAUTH}/renew")
        assert (renewed.status_code, renewed.json()["authorised"]) == (200, True)
    assert [form["grant_type"] for form in server.exchanges] == [grant]


def test_what_is_wrong_is_said_with_the_way_out(program: httpx.Client, server_url: str) -> None:
    assert program.get("/v1/integrations/nobody/oauth").status_code == 404
    plain = {"grant": "client_credentials", "client_id": "x", "token_url": "http://bank.example/token"}
    wrong = program.put(OAUTH, json=plain)
    assert (wrong.status_code, "plain http" in wrong.json()["detail"]) == (422, True)
    program.put("/v1/integrations/acme/secrets/client_secret", json={"value": "wrong-canary"})
    program.put(OAUTH, json={"grant": "client_credentials", "client_id": CLIENT, "token_url": f"{server_url}/token"})
    refused = program.post(f"{OAUTH}/renew")
    assert (refused.status_code, "invalid_client" in refused.json()["detail"]) == (502, True)
    assert "canary" not in refused.text


def test_deleting_an_integration_leaves_no_credentials(program: httpx.Client, module_database_url: str) -> None:
    program.post(f"{OAUTH}/authorise")
    program.get(answer_of_provider(program.post(f"{OAUTH}/authorise").json()["authorise_url"]))
    assert program.delete("/v1/integrations/acme").status_code == 204
    with psycopg.connect(module_database_url) as connection:
        for table in ("secret", "oauth_client", "oauth_token", "oauth_request"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
