"""The token of an OAuth integration on a connector's requests."""

import pytest
from pydantic import SecretStr

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError, ProducerError, TransientError
from producers.kit.auth.integration_token import IntegrationToken
from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse
from producers.kit.http.retry import RetryPolicy
from producers.kit.http.transport import Transport
from reconduit.authorisation.errors import (
    AuthorisationNeededError,
    ClientSettingsError,
    GrantRefusedError,
    TokenAnswerError,
    TokenEndpointError,
)
from reconduit.errors import ReconduitError
from reconduit.sources import SourceConfig
from reconduit.vault.errors import VaultKeyError, VaultUnavailableError

CONFIG = SourceConfig(name="acme", connector="acme")


class Tokens:
    """Hands out `t1`, and another one for each that was refused."""

    def __init__(self) -> None:
        self.number = 1
        self.asked: list[str | None] = []

    def __call__(self, refused: SecretStr | None) -> SecretStr:
        self.asked.append(refused.get_secret_value() if refused else None)
        self.number += refused is not None
        return SecretStr(f"t{self.number}")


def provider_that_accepts(token: str) -> FakeProvider:
    def answer(request: FakeRequest) -> FakeResponse:
        return FakeResponse() if request.headers.get("authorization") == f"Bearer {token}" else FakeResponse(401)

    return FakeProvider(answer)


def test_the_token_is_on_the_request() -> None:
    tokens = Tokens()
    with provider_that_accepts("t1") as provider:
        transport = Transport(provider.base_url, auth=IntegrationToken(CONFIG.with_access_token(tokens)))
        assert transport.json("GET", "/rows") == {}
        transport.close()
    assert tokens.asked == [None]


@pytest.mark.parametrize(("good", "requests"), [("t2", 2), ("t9", 2)])
def test_a_refused_token_is_replaced_exactly_once(good: str, requests: int) -> None:
    tokens = Tokens()
    with provider_that_accepts(good) as provider:
        transport = Transport(provider.base_url, auth=IntegrationToken(CONFIG.with_access_token(tokens)))
        if good == "t2":
            assert transport.json("GET", "/rows") == {}
        else:
            with pytest.raises(AuthenticationError):
                transport.json("GET", "/rows")
        transport.close()
        assert len(provider.requests) == requests
    assert tokens.asked == [None, "t1"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AuthorisationNeededError("authorise again"), AuthenticationError),
        (GrantRefusedError("no", "invalid_client"), AuthenticationError),
        (TokenAnswerError("odd"), ContractChangeError),
        (ClientSettingsError("key"), ConfigurationError),
        (VaultKeyError("key"), ConfigurationError),
        (TokenEndpointError("503"), TransientError),
        (VaultUnavailableError("away"), TransientError),
    ],
)
def test_what_stands_in_the_way_is_an_error_of_the_kit(error: ReconduitError, expected: type[ProducerError]) -> None:
    def fail(_: SecretStr | None) -> SecretStr:
        raise error

    with FakeProvider(lambda _: FakeResponse()) as provider:
        auth = IntegrationToken(CONFIG.with_access_token(fail))
        transport = Transport(provider.base_url, auth=auth, retry=RetryPolicy(attempts=1))
        with pytest.raises(expected) as caught:
            transport.json("GET", "/rows")
        transport.close()
        assert provider.requests == []
    assert type(caught.value) is expected
    assert caught.value.retryable == error.retryable


def test_a_source_without_an_authorisation_says_so() -> None:
    with FakeProvider(lambda _: FakeResponse()) as provider:
        transport = Transport(provider.base_url, auth=IntegrationToken(CONFIG))
        with pytest.raises(ConfigurationError, match="acme has no OAuth authorisation"):
            transport.json("GET", "/rows")
        transport.close()
