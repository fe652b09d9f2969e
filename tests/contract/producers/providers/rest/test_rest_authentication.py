"""The two ways of authentication that no test-kit class of the REST source uses, on a real socket."""

import base64
import datetime as dt
import json
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from producers.errors import AuthenticationError
from producers.kit.registry import build_connector
from producers.kit.testing import FakeProvider, FakeRequest, FakeResponse, without_waiting
from reconduit.sources import SourceConfig

NOW = dt.datetime(2026, 3, 10, 12, 30, tzinfo=dt.UTC)
ROW = {"id": "E1", "amount": "1.00", "at": "2026-03-10T01:00:00Z"}
USER, PASSWORD, TOKEN = "reader", "pass:word", "token-of-a-person"


def definition(kind: str) -> dict[str, object]:
    return {
        "auth": {"kind": kind},
        "request": {"path": "/rows"},
        "records": "rows",
        "paging": {"strategy": "none"},
        "fields": {
            "id": "id",
            "account": {"constant": "A"},
            "currency": {"constant": "EUR"},
            "amount": "amount",
            "direction": {"positive": "CREDIT"},
            "booked_at": "at",
        },
    }


def polled(source: SourceConfig, wanted: str) -> list[str]:
    """Ids that a poll publishes from a provider that gives its row only for the wanted `Authorization`."""

    def respond(request: FakeRequest) -> FakeResponse:
        if request.headers.get("authorization") != wanted:
            return FakeResponse(status=401, body=b"{}")
        return FakeResponse(body=json.dumps({"rows": [ROW]}).encode())

    with FakeProvider(respond) as provider, without_waiting():
        connector = build_connector(source.model_copy(update={"base_url": provider.base_url}))
        with closing(connector):
            return [record.txn_id for page in connector.poll({}, NOW) for record in page.transactions]


@pytest.fixture
def basic(tmp_path: Path) -> SourceConfig:
    for name, value in (("user", USER), ("password", PASSWORD)):
        (tmp_path / name).write_text(value, encoding="utf-8")
    secrets = {name: {"file": str(tmp_path / name)} for name in ("user", "password")}
    return SourceConfig.model_validate(
        {"name": "acme", "connector": "rest", "options": {"rest": definition("basic")}, "secrets": secrets}
    )


def test_basic(basic: SourceConfig) -> None:
    assert polled(basic, "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()) == ["A:E1"]


def test_basic_that_is_refused(basic: SourceConfig) -> None:
    with pytest.raises(AuthenticationError):
        polled(basic, "Basic somebody-else")


def test_the_token_of_an_integration() -> None:
    source = SourceConfig(name="acme", connector="rest", options={"rest": definition("integration")})
    authorised = source.with_access_token(lambda refused: SecretStr(TOKEN))
    assert polled(authorised, f"Bearer {TOKEN}") == ["A:E1"]
