"""HTTP to a provider: bounded in time and size, patient where that is safe, and never in doubt about what went wrong.

`producers.kit.http.exchange` holds the httpx client; here is what is repeated, when, and what an answer means.
"""

import datetime as dt
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from producers.errors import BadAnswer, ContractChangeError, ProducerError, RateLimitError, TransientError
from producers.kit.contract import RawObject
from producers.kit.http import retry as waiting
from producers.kit.http.bounded import Timeouts
from producers.kit.http.breaker import CircuitBreaker, CircuitState
from producers.kit.http.circuits import forget_circuit, note_circuit
from producers.kit.http.endpoint import check_address, tls_context
from producers.kit.http.exchange import Exchanges
from producers.kit.http.payload import parse_json
from producers.kit.http.quota import TokenBucket
from producers.kit.http.retry import IDEMPOTENT_METHODS, RetryPolicy, retry_after_seconds
from producers.kit.http.status import error_of
from reconduit.metrics import QUOTA_RATE

__all__ = ["JsonDocument", "RetryPolicy", "Timeouts", "Transport"]

T = TypeVar("T")
Params = Mapping[str, str | int | Sequence[str | int]]

_MAX_BODY = 64 * 1024 * 1024
_UNKNOWN_QUOTA = 50
"""Requests a second, and at once, where a connector names no quota; the provider's answers lower it."""


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """A parsed response beside its untouched original.

    Attributes:
        value: the document, numbers with a fraction as Decimal.
        raw: the body as it came, for `Page.raw`.
        url: address it came from, without credentials, for record positions.
        headers: of the response.
    """

    value: Any
    raw: RawObject
    url: str
    headers: Mapping[str, str]


class _PassingFailureError(Exception):
    """Carries a passing failure, and what the provider asked for, through the retry loop."""

    def __init__(self, error: TransientError, asked: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.asked = asked


class Transport:
    """A provider's HTTP interface.

    Args:
        base_url: root that paths are relative to; `https`, or `http` on a loopback address.
        auth: an httpx auth such as `producers.kit.auth.oauth.ClientCredentials`, or a user and password pair.
        quota: shared request quota; each attempt takes one. One of this transport's own, which learns, when None.
        retry: how idempotent calls are repeated.
        timeouts: bounds in seconds of each step and of the whole call, retries included.
        verify: check the server's certificate against the system's authorities, or those in this file. False only on loopback.
        cert: client certificate and key files, for mutual TLS.
        tls: used instead of `verify` and `cert`, such as `producers.kit.http.source_tls.source_tls` makes it.
        headers: sent with every request.
        metrics_source: label of the metrics, the name of the source.
        max_body: largest response body in bytes, after decompression too.
        breaker: leaves a provider alone that keeps failing; one of this transport's own when None.
        sleep: waits between attempts; `producers.kit.http.retry.pause` when None.
        clock: monotonic seconds.
        now: aware UTC time, to read a `Retry-After` date.

    Raises:
        ConfigurationError: the address or a TLS file cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: httpx.Auth | tuple[str, str] | None = None,
        quota: TokenBucket | None = None,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008  frozen, so sharing the default is safe
        timeouts: Timeouts = Timeouts(),  # noqa: B008  frozen as well
        verify: bool | str = True,
        cert: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        headers: Mapping[str, str] | None = None,
        metrics_source: str = "",
        max_body: int = _MAX_BODY,
        breaker: CircuitBreaker | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._quota = quota or TokenBucket(_UNKNOWN_QUOTA, _UNKNOWN_QUOTA)
        self._retry = retry
        self._timeouts = timeouts
        self._source = metrics_source
        self._sleep = sleep
        self._clock = clock
        self._now = now
        self._breaker = breaker or CircuitBreaker(metrics_source, clock=clock)
        check_address(base_url)
        self._exchanges = Exchanges(
            base_url,
            auth=auth,
            tls=tls or tls_context(base_url, verify, cert),
            headers=headers,
            source=metrics_source,
            timeouts=timeouts,
            max_body=max_body,
            clock=clock,
        )
        QUOTA_RATE.labels(metrics_source).set(self._quota.per_second)
        note_circuit(metrics_source, self._breaker)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> httpx.Response:
        """Send a request and read its whole body; the response always has a status below 400.

        Args:
            method: HTTP method.
            path: relative to the base address, or absolute on the same origin.
            params: query parameters.
            headers: further headers.
            content: body as bytes.
            json: body as a JSON value (no floats).
            idempotent: may it be sent twice? By default what the method says.

        Raises:
            AuthenticationError: 401, also after the auth refreshed once.
            PermissionDeniedError: 402, 403 or 451.
            LifecycleError: 410, or 4xx after the `Sunset` that the answer names.
            RateLimitError: 429, when retries are used up or the provider asks for a longer pause than the policy's cap.
            TransientError: connection, time-out, 408, 425 or 5xx, when retries are used up; body too slow or cut short; or the
                provider kept failing and is left alone for a while.
            ContractChangeError: another status, or a redirect to another host.
            ConfigurationError: the server's certificate is not trusted.
        """
        call = self._exchanges.client.build_request(method, path, params=params, headers=headers, content=content, json=json)
        return self._repeat(call, idempotent, lambda _what, response: response)

    def document(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        idempotent: bool | None = None,
        unseal: Callable[[bytes], bytes] | None = None,
    ) -> JsonDocument:
        """As `request`, and parse the body as JSON; one that is cut short or HTML counts as a failed attempt.

        `unseal` opens the provider's envelope; what it gives is the document, and the original that is kept.

        Raises:
            ProducerError: as `request`, as `producers.kit.http.payload.parse_json`, and as `unseal`.
        """

        def read(what: str, response: httpx.Response) -> JsonDocument:
            body, media_type = response.content, response.headers.get("Content-Type", "application/json").partition(";")[0].strip()
            if unseal is not None:
                body, media_type = unseal(body), "application/json"
            value, raw = parse_json(body, what), RawObject(sha256(body).hexdigest(), body, media_type)
            return JsonDocument(value, raw, str(response.request.url), response.headers)

        call = self._exchanges.client.build_request(method, path, params=params, headers=headers, content=content, json=json)
        return self._repeat(call, idempotent, read)

    def json(self, method: str, path: str, **arguments: Any) -> Any:
        """As `document`, and return only the parsed value."""
        return self.document(method, path, **arguments).value

    def close(self) -> None:
        """Close the connections."""
        forget_circuit(self._source, self._breaker)
        self._exchanges.close()

    def _repeat(self, call: httpx.Request, idempotent: bool | None, read: Callable[[str, httpx.Response], T]) -> T:
        """Attempts until one succeeds, may not be repeated, or the policy or the deadline says stop."""
        what = f"{call.method} {call.url.copy_with(query=None)}"
        if not self._exchanges.is_here(call.url):
            here = self._exchanges.client.base_url
            raise ContractChangeError(f"{what}: another host than {here}; credentials are not sent there")
        repeatable = call.method in IDEMPOTENT_METHODS if idempotent is None else idempotent
        deadline = self._clock() + self._timeouts.total
        loop = Retrying(
            retry=retry_if_exception_type(_PassingFailureError),
            wait=lambda state: self._wait_of(state) or 0.0,
            stop=lambda state: not repeatable or self._is_over(state, deadline),
            sleep=self._sleep or waiting.pause,
            reraise=True,
        )
        try:
            result: T = loop(self._attempt, call, what, deadline, read)
        except _PassingFailureError as failure:
            raise failure.error from failure.error.__cause__
        return result

    def _attempt(self, call: httpx.Request, what: str, deadline: float, read: Callable[[str, httpx.Response], T]) -> T:
        """One attempt, with its redirects on the same origin."""
        asked: float | None = None
        try:
            with self._breaker.attempt(what):
                self._quota.acquire(max(0.0, deadline - self._clock()))
                response = self._exchanges.send(call, what, deadline)
                asked = retry_after_seconds(response.headers.get("Retry-After"), self._now())
                self._tell_quota(response, asked)
                error = error_of(response, what, asked, self._now())
                if error is not None:
                    raise _with_answer(error, f"http_{response.status_code}", what, response)
                try:
                    return read(what, response)
                except ProducerError as unreadable:
                    raise _with_answer(unreadable, "unreadable_body", what, response) from unreadable.__cause__
        except RateLimitError as error:
            raise _PassingFailureError(error, asked if asked is not None else error.retry_after) from error
        except TransientError as error:
            raise _PassingFailureError(error, asked) from error

    def _tell_quota(self, response: httpx.Response, asked: float | None) -> None:
        is_refused = response.status_code == 429
        self._quota.observe(response.headers, accepted=not is_refused)
        if is_refused:
            self._quota.penalise(None if asked is None else min(asked, self._retry.cap_seconds))
        QUOTA_RATE.labels(self._source).set(self._quota.per_second)

    def _wait_of(self, state: RetryCallState) -> float | None:
        failure = state.outcome.exception() if state.outcome is not None else None
        asked = failure.asked if isinstance(failure, _PassingFailureError) else None
        return self._retry.wait(state.attempt_number, asked)

    def _is_over(self, state: RetryCallState, deadline: float) -> bool:
        if state.attempt_number >= self._retry.attempts or self._breaker.state is CircuitState.OPEN:
            return True
        wait = self._wait_of(state)
        return wait is None or self._clock() + wait >= deadline


def _with_answer(error: ProducerError, reason: str, what: str, response: httpx.Response) -> ProducerError:
    # A refused login may echo the credentials; it stays out of quarantine. A 429 has nothing to keep.
    if response.status_code not in {401, 429}:
        error.answer = BadAnswer(reason, what, response.content)
    return error
