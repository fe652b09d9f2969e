"""Client credentials over a real socket."""

import base64
import itertools
import json
import threading
import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from producers.errors import AuthenticationError, ContractChangeError, ProducerError, RateLimitError, TransientError
from producers.kit.auth.oauth import ClientCredentials
from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse
from producers.kit.http.retry import RetryPolicy
from producers.kit.http.transport import Transport

SECRET = SecretStr("s3cret/ü")
ONCE = RetryPolicy(attempts=1)


class Bank:
    """Issues `t1`, `t2`, ... and accepts those that `accepts` says."""

    def __init__(self, accepts: Callable[[str], bool] = lambda _: True, expires_in: object = 3600) -> None:
        self.numbers = itertools.count(1)
        self.accepts = accepts
        self.expires_in = expires_in
        self.token_requests: list[FakeRequest] = []
        self.lock = threading.Lock()

    def __call__(self, request: FakeRequest) -> FakeResponse:
        if request.path == "/token":
            time.sleep(0.05)  # long enough for every thread to want a token too
            with self.lock:
                self.token_requests.append(request)
                body = {"access_token": f"t{next(self.numbers)}", "expires_in": self.expires_in}
            return FakeResponse(body=json.dumps(body).encode())
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return FakeResponse() if self.accepts(token) else FakeResponse(401, b'{"echo": "s3cret"}')


def test_one_token_for_many_threads() -> None:
    bank = Bank()
    with FakeProvider(bank) as provider:
        transport = Transport(provider.base_url, auth=ClientCredentials(f"{provider.base_url}/token", "me", SECRET))
        failures: list[Exception] = []

        def call() -> None:
            try:
                transport.json("GET", "/rows")
            except ProducerError as error:
                failures.append(error)

        threads = [threading.Thread(target=call) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        transport.close()
    assert not failures
    assert len(bank.token_requests) == 1


def test_threads_that_are_refused_together_refresh_once() -> None:
    bank = Bank(accepts=lambda token: token != "t1")
    with FakeProvider(bank) as provider:
        transport = Transport(provider.base_url, auth=ClientCredentials(f"{provider.base_url}/token", "me", SECRET))
        results: list[object] = []
        threads = [threading.Thread(target=lambda: results.append(transport.json("GET", "/rows"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        transport.close()
    assert results == [{}] * 8
    assert len(bank.token_requests) == 2


def test_refused_for_good_after_exactly_one_refresh() -> None:
    bank = Bank(accepts=lambda _: False)
    with FakeProvider(bank) as provider:
        transport = Transport(provider.base_url, auth=ClientCredentials(f"{provider.base_url}/token", "me", SECRET))
        with pytest.raises(AuthenticationError) as caught:
            transport.json("GET", "/rows")
        transport.close()
        rows = [request for request in provider.requests if request.path == "/rows"]
    assert len(bank.token_requests) == 2
    assert len(rows) == 2
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("expires_in", "good_for"), [(3600, 3540), (100, 50), ("600", 540)])
def test_refreshes_sixty_seconds_early(expires_in: object, good_for: int) -> None:
    bank = Bank(expires_in=expires_in)
    now = [1000.0]
    with FakeProvider(bank) as provider:
        auth = ClientCredentials(f"{provider.base_url}/token", "me", SECRET, clock=lambda: now[0])
        transport = Transport(provider.base_url, auth=auth)
        transport.json("GET", "/rows")
        now[0] += good_for - 1
        transport.json("GET", "/rows")
        assert len(bank.token_requests) == 1
        now[0] += 1
        transport.json("GET", "/rows")
        transport.close()
    assert len(bank.token_requests) == 2


def test_basic_credentials_are_encoded_as_the_rfc_says() -> None:
    bank = Bank()
    with FakeProvider(bank) as provider:
        auth = ClientCredentials(f"{provider.base_url}/token", "me", SECRET, scope="read")
        Transport(provider.base_url, auth=auth).json("GET", "/rows")
    (request,) = bank.token_requests
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"me:s3cret%2F%C3%BC"
    assert sorted(request.body.decode().split("&")) == ["grant_type=client_credentials", "scope=read"]


def test_body_credentials_and_grant_in_the_query() -> None:
    bank = Bank()
    with FakeProvider(bank) as provider:
        url = f"{provider.base_url}/token"
        for auth in (
            ClientCredentials(url, "me", SECRET, credentials="body", form={"audience": "x"}),
            ClientCredentials(url, "me", SECRET, grant_in_query=True, scope="read", query={"tenant": "7"}),
        ):
            Transport(provider.base_url, auth=auth).json("GET", "/rows")
    body, query = bank.token_requests
    assert "client_secret=s3cret%2F%C3%BC" in body.body.decode()
    assert "authorization" not in body.headers
    assert query.query == {"grant_type": ["client_credentials"], "scope": ["read"], "tenant": ["7"]}
    assert query.body == b""


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        (FakeResponse(400, b'{"error": "invalid_client"}'), AuthenticationError, "invalid_client"),
        (FakeResponse(401, b"your secret s3cret is wrong"), AuthenticationError, "401"),
        (FakeResponse(429, b"{}", {"Retry-After": "9"}), RateLimitError, "429"),
        (FakeResponse(503, b"{}"), TransientError, "503"),
        (FakeResponse(404, b"{}"), ContractChangeError, "path"),
        (FakeResponse(200, b'{"token": "s3cret"}'), ContractChangeError, "access_token"),
        (FakeResponse(200, b"<html>"), TransientError, "HTML"),
    ],
)
def test_a_token_endpoint_in_trouble(answer: FakeResponse, expected: type[Exception], says: str) -> None:
    with FakeProvider(lambda _: answer) as provider:
        auth = ClientCredentials(f"{provider.base_url}/token", "me", SECRET)
        transport = Transport(provider.base_url, auth=auth, retry=ONCE)
        with pytest.raises(expected, match=says) as caught:
            transport.json("GET", "/rows")
        assert [request.path for request in provider.requests] == ["/token"]
    assert "s3cret" not in str(caught.value)
