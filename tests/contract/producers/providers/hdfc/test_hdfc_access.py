"""Who may ask HDFC and how: keys, secrets, scopes, headers, and configuration that does not fit."""

import json
from contextlib import closing
from typing import Any

import httpx
import pytest

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError, PermissionDeniedError
from producers.kit.testing import FakeProvider, forward_to
from producers.providers.hdfc.connector import build
from producers.providers.hdfc.errors import JoseIntegrityError
from producers.sandbox.provider_keys import pem_pair
from producers.sandbox.providers import hdfc as sandbox
from reconduit.sources import SecretRef
from tests.contract.producers.providers.hdfc.staged_bank import ACCOUNT, NOW, SECRETS, source, usual_lines


def test_an_answer_sealed_by_another_key_is_refused(server, tmp_path):
    for name in SECRETS:
        (tmp_path / name).write_text(server.credentials[name])
    (tmp_path / "bank_public_key").write_text(pem_pair(2048)[1])
    with (
        closing(build(source(server.url, tmp_path, bank_kid="agreed"))) as connector,
        pytest.raises((JoseIntegrityError, ContractChangeError)),
    ):
        list(connector.poll({}, NOW))


@pytest.mark.parametrize(("name", "error"), [("client_secret", AuthenticationError), ("api_key", AuthenticationError)])
def test_wrong_secrets_are_refused(server, tmp_path, name: str, error: type[Exception]):
    for secret in SECRETS:
        (tmp_path / secret).write_text(server.credentials[secret])
    (tmp_path / name).write_text("wrong")
    with closing(build(source(server.url, tmp_path))) as connector, pytest.raises(error):
        list(connector.poll({}, NOW))


def test_wrong_scope_is_refused(server):
    with (
        closing(build(source(server.url, server.directory, scope="other"))) as connector,
        pytest.raises((AuthenticationError, PermissionDeniedError)),
    ):
        list(connector.poll({}, NOW))


def test_calls_are_named_and_sealed(server):
    server.stage.lines = usual_lines()
    with (
        FakeProvider(forward_to(server.url)) as provider,
        closing(build(source(provider.base_url, server.directory))) as connector,
    ):
        list(connector.poll({}, NOW))
    token, *calls = provider.requests
    assert token.query == {"grant_type": ["client_credentials"], "scope": [sandbox.SCOPE]}
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    names = [call.headers["transactionid"] for call in calls]
    assert len(set(names)) == len(names)
    assert {call.headers["content-type"] for call in calls} == {"application/jose"}
    assert all(ACCOUNT.encode() not in call.body and call.body.count(b".") == 4 for call in calls)


@pytest.mark.parametrize(("header", "status"), [("authorization", 401), ("apikey", 401), ("scope", 403), ("transactionid", 400)])
def test_sandbox_wants_every_header(server, header: str, status: int):
    credentials = server.credentials
    with httpx.Client(base_url=f"{server.url}/hdfc", trust_env=False, timeout=60) as client:
        token = client.post(
            f"/auth/oauth/v1/token?grant_type=client_credentials&scope={sandbox.SCOPE}",
            auth=(credentials["client_id"], credentials["client_secret"]),
        ).json()["access_token"]
        headers = {
            "authorization": f"Bearer {token}",
            "apikey": credentials["api_key"],
            "scope": sandbox.SCOPE,
            "transactionid": "1",
            "content-type": "application/json",
        }
        body = json.dumps({"ACCOUNT_NUMBER": ACCOUNT, "FROM_DATE": "2026-11-18", "TO_DATE": "2026-11-18"})
        path = "/api/v1/corp-accountStatement"
        assert client.post(path, headers=headers, content=body).status_code == 200
        del headers[header]
        assert client.post(path, headers=headers, content=body).status_code == status
        assert client.get("/auth/oauth/v1/token").status_code == 405


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"options": {}}, "account_ids"),
        ({"options": {"account_ids": ["1"], "payout_pattern": "("}}, "payout_pattern"),
        ({"options": {"account_ids": ["1"], "time_zone": "India"}}, "time_zone"),
        ({"options": {"account_ids": ["1"], "client_certificate": "a.pem"}}, "client_certificate_key"),
        ({"secrets": {"client_id": SecretRef(env="X")}}, "bank_public_key"),
        ({"base_url": ""}, "base_url"),
    ],
)
def test_wrong_configuration_names_the_field(server, change: dict[str, Any], says: str):
    with pytest.raises(ConfigurationError, match=says):
        build(source("http://127.0.0.1:1", server.directory).model_copy(update=change))


def test_a_foreign_cursor_is_named(server):
    with (
        closing(build(source("http://127.0.0.1:1", server.directory))) as connector,
        pytest.raises(ConfigurationError, match="cursor"),
    ):
        list(connector.poll({"accounts": {ACCOUNT: {"read_through": "yesterday"}}}, NOW))
