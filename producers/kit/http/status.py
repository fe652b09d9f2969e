"""From what HTTP says to what it means for a source: statuses and network failures as errors of `producers.errors`."""

import datetime as dt

import httpx

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    LifecycleError,
    PermissionDeniedError,
    ProducerError,
    RateLimitError,
    TransientError,
)
from producers.kit.http.payload import first_bytes
from producers.kit.http.sunset import sunset_of
from reconduit.tls_failures import refused_certificate, untrusted_server

__all__ = ["error_of", "network_error"]


def error_of(  # noqa: PLR0911  one return per meaning reads best as a table
    response: httpx.Response, what: str, asked: float | None, now: dt.datetime
) -> ProducerError | None:
    """The error that a status means, None below 300.

    Args:
        response: with its body read.
        what: method and address without the query.
        asked: seconds that `Retry-After` asks for.
        now: aware UTC time, to tell whether a `Sunset` (RFC 8594) lies behind.
    """
    status = response.status_code
    if status < 300:
        return None
    said = f"{what}: {status} {response.reason_phrase}: {first_bytes(response.content)}"
    if status == 429:
        return RateLimitError(said, retry_after=None if asked is None else int(-(-asked // 1)))
    if status in {408, 425} or status >= 500:
        return TransientError(said)
    if status == 401:
        # The body is left out: some providers echo the credentials they refuse.
        return AuthenticationError(f"{what}: 401; the provider refuses the credentials of this source, renew them")
    if status in {402, 403, 451}:
        # 402 is a plan that lapsed or leaves the call out, 451 a country or a court that forbids it: the credentials are fine.
        return PermissionDeniedError(f"{said}; ask the provider for the product, scope, plan or IP allow-listing")
    if status == 410 or (400 <= status < 500 and _has_set(response, now)):
        return LifecycleError(f"{said}; this address is retired: move to the one that took over, or renew the access")
    if status in {404, 405}:
        return ConfigurationError(f"{said}; check base_url and the paths in the source's options")
    if status < 400:
        return ContractChangeError(f"{what}: redirected to {response.headers.get('Location', 'nowhere')!r}; not followed")
    return ContractChangeError(said)


def network_error(error: httpx.RequestError, what: str) -> ProducerError:
    """The error that a failed exchange means: passing, unless one of the two cannot prove who it is."""
    if (why := untrusted_server(error)) is not None:
        return ConfigurationError(f"{what}: the server's certificate is not trusted: {why}")
    if (why := refused_certificate(error)) is not None:
        return AuthenticationError(f"{what}: the server refuses the client certificate ({why}); store tls_certificate and tls_key")
    return TransientError(f"{what}: {type(error).__name__}: {error}")


def _has_set(response: httpx.Response, now: dt.datetime) -> bool:
    """Whether the provider had announced that the address ends, and it has ended."""
    end = sunset_of(response.headers)
    return end is not None and end <= now
