"""The transport over a real socket: what is repeated, how long it waits, and what it refuses."""

import datetime as dt
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from producers.errors import (
    ConfigurationError,
    ContractChangeError,
    LifecycleError,
    PermissionDeniedError,
    ProducerError,
    RateLimitError,
    TransientError,
)
from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse, Fault
from producers.kit.http.quota import TokenBucket
from producers.kit.http.retry import RetryPolicy
from producers.kit.http.transport import Timeouts, Transport

POLICY = RetryPolicy(attempts=4, base_seconds=1, cap_seconds=30, draw=lambda: 0.5)
NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


class Script:
    """Answers in turn; the last one again and again."""

    def __init__(self, *answers: FakeResponse) -> None:
        self.answers = list(answers)

    def __call__(self, _request: FakeRequest) -> FakeResponse:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(handler: Callable[[FakeRequest], FakeResponse]) -> Iterator[tuple[FakeProvider, Transport, list[float]]]:
    waits: list[float] = []
    quota = TokenBucket(1000, 1000, sleep=lambda _: None)
    with FakeProvider(handler) as provider:
        transport = Transport(
            provider.base_url, quota=quota, retry=POLICY, sleep=waits.append, now=lambda: NOW, metrics_source="test"
        )
        yield provider, transport, waits
        transport.close()


def status(code: int, headers: dict[str, str] | None = None) -> FakeResponse:
    return FakeResponse(code, b'{"status": "no"}', headers or {})


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_passing_statuses_are_repeated_with_growing_waits(code: int) -> None:
    with serving(Script(status(code), status(code), FakeResponse(body=b'{"a": 1.50}'))) as (provider, transport, waits):
        assert transport.json("GET", "/rows", params={"page": 2}) == {"a": Decimal("1.50")}
        assert [request.query for request in provider.requests] == [{"page": ["2"]}] * 3
    assert waits == [0.5, 1.0]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("0", 0.5), ("Thu, 15 Jan 2026 12:00:20 GMT", 20), ("nonsense", 0.5)])
@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_a_lower_bound(asked: str, waited: float, code: int) -> None:
    with serving(Script(status(code, {"Retry-After": asked}), FakeResponse())) as (_, transport, waits):
        transport.json("GET", "/rows")
    assert waits == [waited]


def test_a_longer_pause_than_the_cap_is_left_to_the_source() -> None:
    with serving(Script(status(429, {"Retry-After": "3600"}))) as (provider, transport, waits):
        with pytest.raises(RateLimitError) as caught:
            transport.json("GET", "/rows")
        assert len(provider.requests) == 1
    assert caught.value.retry_after == 3600
    assert waits == []


def test_gives_up_after_the_attempts_of_the_policy() -> None:
    with serving(Script(status(500))) as (provider, transport, waits):
        with pytest.raises(TransientError, match=r"GET .*/rows: 500"):
            transport.request("GET", "/rows")
        assert len(provider.requests) == 4
    assert waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(("idempotent", "requests"), [(None, 1), (False, 1), (True, 4)])
def test_post_is_repeated_only_when_it_may(idempotent: bool | None, requests: int) -> None:
    with serving(Script(status(500))) as (provider, transport, _):
        with pytest.raises(TransientError):
            transport.request("POST", "/search", json={"from": "2026-01-01"}, idempotent=idempotent)
        assert len(provider.requests) == requests
        assert {request.body for request in provider.requests} == {b'{"from":"2026-01-01"}'}


@pytest.mark.parametrize("fault", [Fault.TRUNCATED, Fault.HTML])
def test_broken_bodies_are_repeated(fault: Fault) -> None:
    with serving(lambda _: FakeResponse(body=b'{"rows": [1, 2, 3]}')) as (provider, transport, _):
        provider.break_with(fault, times=2)
        assert transport.json("GET", "/rows") == {"rows": [1, 2, 3]}
        assert len(provider.requests) == 3


@pytest.mark.parametrize(
    ("code", "expected"),
    [(400, ContractChangeError), (403, PermissionDeniedError), (404, ConfigurationError), (410, LifecycleError)],
)
def test_other_statuses_are_terminal_and_not_repeated(code: int, expected: type[ProducerError]) -> None:
    with serving(Script(status(code))) as (provider, transport, _):
        with pytest.raises(expected, match=str(code)):
            transport.request("GET", "/rows", params={"key": "hidden"})
        assert len(provider.requests) == 1


def test_credentials_never_follow_a_redirect_to_another_host() -> None:
    with FakeProvider(lambda _: FakeResponse()) as other:
        target = f"{other.base_url}/rows"
        with (
            serving(Script(status(301, {"Location": target}))) as (_, transport, _),
            pytest.raises(ContractChangeError, match="redirected"),
        ):
            transport.request("GET", "/rows", headers={"Authorization": "Bearer x"})
        assert other.requests == []


def test_redirects_on_the_same_origin_are_followed_but_not_for_ever() -> None:
    with serving(Script(status(302, {"Location": "/rows/"}), FakeResponse(body=b"[1]"))) as (_, transport, _):
        assert transport.json("GET", "/rows") == [1]
    with serving(Script(status(302, {"Location": "/rows"}))) as (provider, transport, _):
        with pytest.raises(ContractChangeError, match="redirects"):
            transport.json("GET", "/rows")
        assert len(provider.requests) == 4


def test_an_absolute_address_on_another_host_is_refused() -> None:
    with serving(Script(FakeResponse())) as (_, transport, _), pytest.raises(ContractChangeError, match="another host"):
        transport.request("GET", "http://127.0.0.1:1/rows")


@pytest.mark.parametrize(
    "answer",
    [
        FakeResponse(body=b" " * 3000),
        FakeResponse(body=gzip.compress(b" " * 300_000), headers={"Content-Encoding": "gzip"}),
    ],
)
def test_a_body_is_of_bounded_size_also_when_it_is_packed(answer: FakeResponse) -> None:
    with FakeProvider(lambda _: answer) as provider:
        transport = Transport(provider.base_url, max_body=2000)
        with pytest.raises(ContractChangeError, match="2000 bytes"):
            transport.request("GET", "/rows")
        transport.close()


def test_packed_bodies_are_unpacked_and_broken_ones_repeated() -> None:
    packed = gzip.compress(b'{"a": 1}')
    headers = {"Content-Encoding": "gzip"}
    broken = FakeResponse(body=b"\x1f\x8b" + b"\xff" * 20, headers=headers)
    with serving(Script(broken, FakeResponse(body=packed, headers=headers))) as (_, transport, waits):
        document = transport.document("GET", "/rows")
    assert document.value == {"a": 1}
    assert document.raw.content == b'{"a": 1}'
    assert waits == [0.5]


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says exactly what `talk` sends."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    talk(connection)
                except OSError:
                    continue  # the client hung up, as it should

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def test_a_body_that_drips_ends_with_the_deadline_of_the_whole_call() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:  # until the client hangs up
            connection.sendall(b" ")
            time.sleep(0.05)

    with raw_server(drip) as url:
        transport = Transport(url, timeouts=Timeouts(read=60, total=0.4))
        with pytest.raises(TransientError, match="slowly"):
            transport.request("GET", "/rows")
        transport.close()


def test_silence_is_a_time_out_and_repeated() -> None:
    calls: list[int] = []

    def hush(connection: socket.socket) -> None:
        calls.append(1)
        if len(calls) == 1:
            connection.recv(1)  # until the client hangs up
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")

    with raw_server(hush) as url:
        transport = Transport(url, timeouts=Timeouts(read=0.2), retry=RetryPolicy(attempts=100), sleep=lambda _: None)
        assert transport.json("GET", "/rows") == []
        transport.close()


def test_a_closed_port_is_retryable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    waits: list[float] = []
    transport = Transport(f"http://127.0.0.1:{port}", retry=POLICY, sleep=waits.append)
    with pytest.raises(TransientError, match="ConnectError"):
        transport.request("GET", "/rows")
    assert len(waits) == 3


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://bank.example", "plain http"),
        ("ftp://bank.example", "no absolute"),
        ("bank.example/api", "no absolute"),
        ("https://user:hunter2@bank.example", "carries credentials"),
    ],
)
def test_an_address_that_would_leak_is_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        Transport(url)
    assert "hunter2" not in str(caught.value)


def test_certificates_are_checked_for_remote_hosts() -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        Transport("https://bank.example", verify=False)
    with pytest.raises(ConfigurationError, match="TLS files"):
        Transport("https://bank.example", verify="no-such-file.pem")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (FakeResponse(500, b"oops"), "http_500"),
        (FakeResponse(200, b'{"records": ['), "unreadable_body"),
        (FakeResponse(200, b"<html>maintenance</html>"), "unreadable_body"),
        (FakeResponse(404, b"nothing here"), "http_404"),
    ],
)
def test_an_error_carries_the_answer_that_led_to_it(answer: FakeResponse, reason: str) -> None:
    with serving(Script(answer)) as (provider, transport, _):
        with pytest.raises(ProducerError) as caught:
            transport.json("GET", "/rows", params={"key": "secret"})
        kept = caught.value.answer
        assert kept is not None
        assert (kept.reason, kept.body) == (reason, answer.body)
        assert kept.position == f"GET {provider.base_url}/rows"


def test_a_refused_login_is_not_kept() -> None:
    refusal = Script(FakeResponse(401, b"bad password hunter2"))
    with serving(refusal) as (_, transport, _waits), pytest.raises(ProducerError) as caught:
        transport.json("GET", "/rows")
    assert caught.value.answer is None
