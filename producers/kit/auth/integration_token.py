"""The access token of an OAuth integration as an httpx auth; `reconduit.authorisation` stores and renews it."""

from collections.abc import AsyncGenerator, Generator

import httpx
from pydantic import SecretStr

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError, ProducerError, TransientError
from reconduit.authorisation.errors import AuthorisationNeededError, GrantRefusedError, TokenAnswerError
from reconduit.errors import ReconduitError
from reconduit.sources import SourceConfig

__all__ = ["IntegrationToken"]


class IntegrationToken(httpx.Auth):
    """Puts the token of an integration on each request; when it is refused, another one, once.

    Args:
        config: the source, bound to its authorisation (`SourceConfig.with_access_token`).
    """

    def __init__(self, config: SourceConfig) -> None:
        self._config = config

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorise `request`; on 401, renew once and send it again.

        Raises:
            AuthenticationError: a person must authorise, or the provider refuses the client.
            TransientError: the token endpoint or the database is in trouble.
            ContractChangeError: the token endpoint's answer cannot be understood.
            ConfigurationError: the OAuth settings or the vault's key cannot be used.
        """
        token = self._token(None)
        request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            request.headers["Authorization"] = f"Bearer {self._token(token).get_secret_value()}"
            yield request

    def async_auth_flow(self, _request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Not supported: producers are synchronous, and waiting for a renewal must not block an event loop."""
        raise RuntimeError("IntegrationToken works with httpx.Client only")

    def _token(self, refused: SecretStr | None) -> SecretStr:
        try:
            return self._config.access_token(refused)
        except ReconduitError as error:
            raise _as_producer_error(error) from error


def _as_producer_error(error: ReconduitError) -> ProducerError:
    if error.retryable:
        return TransientError(str(error))
    if isinstance(error, AuthorisationNeededError | GrantRefusedError):
        return AuthenticationError(str(error))
    if isinstance(error, TokenAnswerError):
        return ContractChangeError(str(error))
    return ConfigurationError(str(error))
