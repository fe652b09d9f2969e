"""OAuth 2.0 client credentials (RFC 6749, 4.4) as an httpx auth: cached, refreshed early, single flight, never logged."""

import base64
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Literal
from urllib.parse import quote_plus

import httpx
from pydantic import SecretStr

from producers.errors import AuthenticationError, ContractChangeError, RateLimitError, TransientError
from producers.kit.http.payload import parse_json

__all__ = ["ClientCredentials"]

_EARLY_SECONDS = 60.0
_DEFAULT_LIFE_SECONDS = 300.0
"""Assumed when a provider leaves `expires_in` out (RFC 6749, 5.1 only recommends it)."""

_AUTH_ERRORS = frozenset({"invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "access_denied"})


class ClientCredentials(httpx.Auth):
    """Puts a bearer token on each request; gets a new one 60 s before the old one ends, and once more when one is refused.

    Any number of threads may share it: one of them fetches the token while the others wait for it. The token request goes
    over the same connection pool, time-outs and deadline as the request that needs it.

    Args:
        token_url: absolute address of the token endpoint.
        client_id: public name of the client.
        client_secret: its secret.
        credentials: `basic` in the Authorization header, `body` as form fields.
        scope: wanted scope, if any.
        query: further query parameters, for providers that want the grant there.
        form: further form fields.
        headers: further headers of the token request.
        grant_in_query: send `grant_type` and `scope` as query parameters with an empty body.
        method: GET for the few providers that deviate from the RFC's POST.
        build_request: makes the token request instead of all of the above, for schemes of a provider's own.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str = "",
        client_secret: SecretStr | None = None,
        *,
        credentials: Literal["basic", "body"] = "basic",
        scope: str | None = None,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        grant_in_query: bool = False,
        method: Literal["POST", "GET"] = "POST",
        build_request: Callable[[], httpx.Request] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token_url = httpx.URL(token_url)
        self._client_id = client_id
        self._client_secret = client_secret or SecretStr("")
        self._credentials = credentials
        self._grant = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._query = dict(query or {})
        self._form = dict(form or {})
        self._headers = dict(headers or {})
        self._grant_in_query = grant_in_query or method == "GET"
        self._method = method
        self._build_request = build_request or self._standard_request
        self._clock = clock
        self._lock = threading.Lock()
        self._token: SecretStr | None = None
        self._refresh_at = 0.0
        self._ends_at = 0.0

    @property
    def seconds_left(self) -> float | None:
        """Until the token ends; None while there is none."""
        return None if self._token is None else self._ends_at - self._clock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorise `request`; on 401, refresh once and send it again.

        Raises:
            AuthenticationError: the token endpoint refuses the credentials.
            TransientError: the token endpoint is in trouble.
            ContractChangeError: its answer is not what RFC 6749 says.
        """
        token = yield from self._current(request, refused=None)
        request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        token = yield from self._current(request, refused=token)
        request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        yield request

    def async_auth_flow(self, _request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Not supported: producers are synchronous, and the lock must not block an event loop."""
        raise RuntimeError("ClientCredentials works with httpx.Client only")

    def _current(self, request: httpx.Request, refused: SecretStr | None) -> Generator[httpx.Request, httpx.Response, SecretStr]:
        """A token that is good now. The lock is held while one is fetched: that is the single flight."""
        with self._lock:
            # Another thread may have replaced the refused token already; then its successor is the one to try.
            stale = self._token is refused if refused is not None else self._clock() >= self._refresh_at
            if self._token is None or stale:
                self._token = None
                token_request = self._build_request()
                token_request.extensions = request.extensions
                response = yield token_request
                response.read()
                self._keep(response)
            assert self._token is not None
            return self._token

    def _keep(self, response: httpx.Response) -> None:
        """Take the token out of the answer, or say what is wrong without repeating any of the body's secrets."""
        what = f"token request to {response.request.url.copy_with(query=None)}"
        _raise_for_status(response, what)
        document = parse_json(response.content, what)
        token = document.get("access_token") if isinstance(document, dict) else None
        if not isinstance(token, str) or not token:
            raise ContractChangeError(f"{what}: the answer has no `access_token`")
        try:
            life = float(document.get("expires_in", _DEFAULT_LIFE_SECONDS))
        except (TypeError, ValueError):
            raise ContractChangeError(f"{what}: `expires_in` is no number of seconds") from None
        # A token that lives two minutes or less is renewed at half its life, else it would be renewed at every request.
        self._ends_at = self._clock() + life
        self._refresh_at = self._ends_at - min(_EARLY_SECONDS, life / 2)
        self._token = SecretStr(token)

    def _standard_request(self) -> httpx.Request:
        secret = self._client_secret.get_secret_value()
        headers = {"Accept": "application/json"} | self._headers
        fields = dict(self._form)
        if self._credentials == "basic":
            # RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
            pair = f"{quote_plus(self._client_id)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        else:
            fields |= {"client_id": self._client_id, "client_secret": secret}
        query = self._query | (self._grant if self._grant_in_query else {})
        fields |= {} if self._grant_in_query else self._grant
        url = self._token_url.copy_merge_params(query) if query else self._token_url
        return httpx.Request(self._method, url, headers=headers, data=fields or None)


def _raise_for_status(response: httpx.Response, what: str) -> None:
    status = response.status_code
    if status < 300:
        return
    if status == 429:
        asked = response.headers.get("Retry-After", "")
        raise RateLimitError(f"{what}: 429", retry_after=int(asked) if asked.isdigit() else None)
    if status >= 500 or status in {408, 425}:
        raise TransientError(f"{what}: {status}")
    if status in {400, 401, 403}:
        code = _error_code(response)
        raise AuthenticationError(f"{what}: {status} {code}; check the client id, the secret and the scope of this source")
    raise ContractChangeError(f"{what}: {status}; check the path of the token endpoint")


def _error_code(response: httpx.Response) -> str:
    """The RFC's error code, when it is one of those it names; anything else might echo what was sent."""
    try:
        document = parse_json(response.content, "token error")
    except (TransientError, ContractChangeError):
        return "without an OAuth error code"
    code = document.get("error") if isinstance(document, dict) else None
    return code if isinstance(code, str) and code in _AUTH_ERRORS else "without an OAuth error code"
