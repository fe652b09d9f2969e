"""By API calls alone: authorised, polled into Kafka, renewed while it runs, refused, and authorised again."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse, forward_to
from tests.e2e.integrations.conftest import AT, Operation, Sandbox
from tests.fixtures.authorisation_server import CLIENT, SECRET, AuthorisationServer
from tests.fixtures.supervised import topic_size
from tests.fixtures.waiting import eventually

NAME = f"consented_{secrets.token_hex(4)}"
LIFE_SECONDS = 8


class Bank:
    """The sandbox's core feed, for whoever has a live access token of the authorisation server on the same address."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._feed = forward_to(f"{sandbox.address}/feeds/core")
        self._key = f"Bearer {sandbox.tokens['core']}"
        self.authorisation = AuthorisationServer(life_seconds=LIFE_SECONDS)
        self.issued: dict[str, float] = {}
        self.accepted: list[str] = []
        self.refused = 0

    def __call__(self, request: FakeRequest) -> FakeResponse:
        if request.path != "/records":
            answer = self.authorisation(request)
            if answer.body and request.path == "/token":
                token = json.loads(answer.body).get("access_token")
                self.issued |= {} if token is None else {token: time.monotonic()}
            return answer
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if time.monotonic() - self.issued.get(token, float("-inf")) > LIFE_SECONDS:
            self.refused += 1
            return FakeResponse(401, b"{}")
        self.accepted.append(token)
        return self._feed(replace(request, headers={**request.headers, "authorization": self._key}))


@pytest.fixture
def bank(sandbox: Sandbox) -> Bank:
    return Bank(sandbox)


@pytest.fixture
def address(bank: Bank) -> Iterator[str]:
    with FakeProvider(bank) as provider:
        yield provider.base_url


def authorise(operation: Operation) -> None:
    """As a person does: open the provider's page, agree, and be sent back."""
    begun = operation.operator.post(f"{AT}/{NAME}/oauth/authorise").json()
    sent_back = httpx.get(begun["authorise_url"], follow_redirects=False, timeout=60).headers["Location"]
    assert operation.operator.get(sent_back).status_code == 200


def test_a_supervised_producer_lives_on_an_authorisation(operation: Operation, bank: Bank, address: str) -> None:
    operation.make(NAME, address, poll_seconds=1)
    client = {
        "grant": "authorization_code",
        "client_id": CLIENT,
        "token_url": f"{address}/token",
        "authorise_url": f"{address}/authorise",
        "redirect_uri": f"{operation.api}/oauth/callback",
        "scopes": ["accounts"],
    }
    operation.operator.put(f"{AT}/{NAME}/oauth", json=client).raise_for_status()
    operation.store(NAME, "client_secret", SECRET)
    operation.enable(NAME)
    waiting = operation.wait_for(NAME, "waiting_user_input")
    assert "nobody has authorised" in waiting["status_reason"]
    assert "authorise at the provider" in waiting["action_needed"]
    assert (bank.accepted, bank.refused) == ([], 0), "nothing was asked without a token"

    authorise(operation)
    operation.wait_for(NAME, "active")
    (source,) = operation.operator.get("/v1/sources").json()["sources"]
    assert (source["name"], source["health"], source["published"] > 200) == (NAME, "healthy", True), source
    assert topic_size(operation.bootstrap, f"{NAME}_txns") == source["published"]
    eventually(lambda: len(set(bank.accepted)) >= 2, operation.supervisors.log)
    grants = [form["grant_type"] for form in bank.authorisation.exchanges]
    assert grants[0] == "authorization_code"
    assert grants.count("refresh_token") >= 1, "renewed by the producer that runs"
    assert operation.read(NAME)["error_count"] == 0

    bank.authorisation.withdraw_consent()
    again = operation.wait_for(NAME, "waiting_user_input")
    assert "authorise again" in again["status_reason"]
    assert operation.operator.get(f"{AT}/{NAME}/oauth").json()["authorised"] is False
    assert operation.operator.post(f"{AT}/{NAME}/sync").status_code == 409
    exchanges, polls = len(bank.authorisation.exchanges), len(bank.accepted)

    authorise(operation)
    operation.wait_for(NAME, "active")
    eventually(lambda: len(bank.accepted) > polls, operation.supervisors.log)
    assert bank.authorisation.exchanges[exchanges]["grant_type"] == "authorization_code"
    told = (
        operation.operator.get(f"{AT}/{NAME}/logs").text
        + operation.supervisors.log()
        + httpx.get(operation.metrics, timeout=60).text
    )
    assert "canary" not in told
    assert f'recon_token_expiry_timestamp_seconds{{source="{NAME}",token="access"}}' in told
