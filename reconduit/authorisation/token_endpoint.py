"""Requests to a provider's token and revocation endpoints, authenticated as the client wants it and bounded in time and size."""

import base64
import ssl
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

import httpx
from pydantic import SecretStr

from reconduit.authorisation.client import (
    CLIENT_SECRET,
    PASSWORD,
    SIGNING_KEY,
    TLS_AUTHORITIES,
    TLS_CERTIFICATE,
    TLS_KEY,
    USERNAME,
    OAuthClient,
)
from reconduit.authorisation.client_assertion import ASSERTION_TYPE, client_assertion
from reconduit.authorisation.errors import AuthorisationError, ClientSettingsError, TokenEndpointError
from reconduit.authorisation.tls import tls_context
from reconduit.authorisation.token_answer import Answer
from reconduit.endpoint import proxy_for
from reconduit.tls_failures import refused_certificate, untrusted_server
from reconduit.vault.errors import SecretMissingError

__all__ = ["TokenEndpoint"]

_MAX_BODY = 256 * 1024


class TokenEndpoint:
    """The endpoints of one client. Every request is a connection of its own: they are minutes apart.

    Args:
        client: the settings.
        read: opens the integration's secrets by name; `SecretMissingError` for one that is not there.
        seconds: bound of a request. The last wait for bytes may take half of it again.
        now: Unix seconds.
    """

    def __init__(
        self,
        client: OAuthClient,
        read: Callable[[str], SecretStr],
        *,
        seconds: float = 20.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._read = read
        self._seconds = seconds
        self._now = now

    @property
    def longest_seconds(self) -> float:
        """After this a request that was begun is over, whatever became of it."""
        return 1.5 * self._seconds

    def refresh(self, token: SecretStr) -> Answer:
        """Exchange a refresh token (RFC 6749, 6).

        Raises:
            TokenEndpointError: no whole answer came.
            ClientSettingsError: a credential is missing or cannot be used.
        """
        return self._post(self._client.token_url, {"grant_type": "refresh_token", "refresh_token": token.get_secret_value()})

    def exchange_code(self, code: SecretStr, verifier: SecretStr, redirect_uri: str) -> Answer:
        """Exchange an authorisation code with its PKCE verifier (RFC 7636, 4.5). Raises as `refresh`."""
        fields = {"grant_type": "authorization_code", "code": code.get_secret_value(), "redirect_uri": redirect_uri}
        return self._post(self._client.token_url, fields | {"code_verifier": verifier.get_secret_value()})

    def obtain(self) -> Answer:
        """Obtain a token by the client's own grant, without a person. Raises as `refresh`."""
        fields: dict[str, str] = {"grant_type": self._client.grant}
        if self._client.scopes:
            fields["scope"] = " ".join(self._client.scopes)
        if self._client.grant == "password":
            fields |= {"username": self._secret(USERNAME), "password": self._secret(PASSWORD)}
        return self._post(self._client.token_url, fields)

    def revoke(self, token: SecretStr, hint: str) -> Answer:
        """Ask the provider to revoke a token (RFC 7009). Raises as `refresh`."""
        assert self._client.revoke_url is not None
        return self._post(self._client.revoke_url, {"token": token.get_secret_value(), "token_type_hint": hint})

    def _post(self, url: str, fields: Mapping[str, str]) -> Answer:
        form, headers = self._authenticated(self._client.token_parameters | dict(fields))
        what = f"POST {url.partition('?')[0]}"
        started = time.monotonic()
        transport = httpx.HTTPTransport(verify=self._tls(url), proxy=proxy_for(url))
        timeout = httpx.Timeout(self._seconds / 2, connect=min(5.0, self._seconds / 2))
        body = bytearray()
        try:
            with (
                httpx.Client(transport=transport, timeout=timeout, trust_env=False) as http,
                http.stream("POST", url, data=form, headers=headers) as response,
            ):
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > _MAX_BODY or time.monotonic() - started > self._seconds:
                        raise TokenEndpointError(f"{what}: the answer is longer than {_MAX_BODY} bytes, or came too slowly")
                asked = response.headers.get("Retry-After", "")
                return Answer(response.status_code, bytes(body), int(asked) if asked.isascii() and asked.isdigit() else None)
        except httpx.HTTPError as error:
            raise _network_error(error, what) from error

    def _authenticated(self, fields: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The form and the headers, with the client's authentication."""
        client, form, headers = self._client, dict(fields), {"Accept": "application/json", "User-Agent": "reconduit"}
        if client.client_auth == "basic":
            # RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
            pair = f"{quote_plus(client.client_id)}:{quote_plus(self._secret(CLIENT_SECRET))}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
            return form, headers
        form["client_id"] = client.client_id
        if client.client_auth == "body":
            form["client_secret"] = self._secret(CLIENT_SECRET)
        elif client.client_auth == "private_key_jwt":
            form["client_assertion_type"] = ASSERTION_TYPE
            form["client_assertion"] = client_assertion(client, SecretStr(self._secret(SIGNING_KEY)), int(self._now()))
        return form, headers

    def _tls(self, url: str) -> ssl.SSLContext:
        if not url.startswith("https:"):
            # Only loopback addresses are allowed to be plain.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        certificate = self._optional(TLS_CERTIFICATE)
        if certificate is None and self._client.client_auth == "tls":
            raise ClientSettingsError(f"client_auth is tls, but the vault has no {TLS_CERTIFICATE} of this integration")
        return tls_context(
            certificate=certificate,
            key=self._optional(TLS_KEY) if certificate is not None else None,
            authorities=self._optional(TLS_AUTHORITIES),
        )

    def _secret(self, name: str) -> str:
        try:
            return self._read(name).get_secret_value()
        except SecretMissingError as error:
            raise ClientSettingsError(str(error)) from error

    def _optional(self, name: str) -> SecretStr | None:
        try:
            return self._read(name)
        except SecretMissingError:
            return None


def _network_error(error: httpx.HTTPError, what: str) -> AuthorisationError:
    if (why := untrusted_server(error)) is not None:
        return ClientSettingsError(f"{what}: the server's certificate is not trusted: {why}")
    if (why := refused_certificate(error)) is not None:
        return ClientSettingsError(f"{what}: the server refuses the client certificate ({why}); put tls_certificate and tls_key")
    return TokenEndpointError(f"{what}: {type(error).__name__}")
