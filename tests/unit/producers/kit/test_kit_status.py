"""What a status means for a source."""

import datetime as dt

import httpx
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

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
from producers.kit.fake_provider import FakeProvider, FakeResponse
from producers.kit.http.status import error_of
from producers.kit.http.transport import Transport

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


def test_an_announced_end_is_seen_before_it_comes() -> None:
    ends = iter(["Fri, 01 Jan 2027 00:00:00 GMT", "Tue, 01 Dec 2026 00:00:00 GMT", "Sat, 01 May 2027 00:00:00 GMT", "soon"])
    with FakeProvider(lambda _: FakeResponse(body=b"[]", headers={"Sunset": next(ends)})) as provider, capture_logs() as events:
        transport = Transport(provider.base_url, metrics_source="sunset")
        for _ in range(4):
            transport.json("GET", "/rows", params={"key": "hidden"})
        transport.close()
    assert [event["at"][:10] for event in events if event["source"] == "sunset"] == ["2027-01-01", "2026-12-01"]
    assert "hidden" not in str(events)
    shown = REGISTRY.get_sample_value("recon_provider_sunset_timestamp_seconds", {"source": "sunset"})
    assert shown == dt.datetime(2026, 12, 1, tzinfo=dt.UTC).timestamp()
