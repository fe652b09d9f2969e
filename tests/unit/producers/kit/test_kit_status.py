"""What a status means for a source."""

import datetime as dt

import httpx
import pytest

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
from producers.kit.status import error_of

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
MEANINGS: dict[int, type[ProducerError]] = {
    301: ContractChangeError,
    400: ContractChangeError,
    401: AuthenticationError,
    402: PermissionDeniedError,
    403: PermissionDeniedError,
    404: ConfigurationError,
    405: ConfigurationError,
    408: TransientError,
    410: LifecycleError,
    422: ContractChangeError,
    425: TransientError,
    429: RateLimitError,
    451: PermissionDeniedError,
    500: TransientError,
    503: TransientError,
}


@pytest.mark.parametrize(("code", "meaning"), MEANINGS.items())
def test_each_status_has_one_meaning(code: int, meaning: type[ProducerError]) -> None:
    error = error_of(httpx.Response(code, content=b"said"), "GET /rows", None, NOW)
    assert type(error) is meaning
    assert "GET /rows: " in str(error)


def test_success_is_no_error() -> None:
    assert error_of(httpx.Response(204), "GET /rows", None, NOW) is None


def test_a_used_up_quota_says_how_long_to_wait_in_whole_seconds() -> None:
    error = error_of(httpx.Response(429), "GET /rows", 1.2, NOW)
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 2


@pytest.mark.parametrize(
    ("code", "sunset", "meaning"),
    [
        (404, "Wed, 14 Jan 2026 00:00:00 GMT", LifecycleError),
        (400, "Thu, 15 Jan 2026 12:00:00 GMT", LifecycleError),
        (404, "Fri, 16 Jan 2026 00:00:00 GMT", ConfigurationError),
        (404, "soon", ConfigurationError),
        (503, "Wed, 14 Jan 2026 00:00:00 GMT", TransientError),
        (401, "Wed, 14 Jan 2026 00:00:00 GMT", AuthenticationError),
    ],
)
def test_a_refusal_after_the_announced_end_is_the_end(code: int, sunset: str, meaning: type[ProducerError]) -> None:
    assert type(error_of(httpx.Response(code, headers={"Sunset": sunset}), "GET /rows", None, NOW)) is meaning
