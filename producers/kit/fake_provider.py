"""A provider on a real socket for tests: answers from a function, records what it was asked, and breaks on request."""

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx

__all__ = ["FakeProvider", "FakeRequest", "FakeResponse", "Fault", "forward_to"]

_HOP_BY_HOP = frozenset(
    {"connection", "content-length", "transfer-encoding", "host", "date", "server", "content-encoding", "accept-encoding"}
)


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """What the connector sent. Header names are lower case; a query parameter has the list of its values."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class FakeResponse:
    """What the provider answers. `cut` sends only that many bytes of the body although the header promises all of it."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    cut: int | None = None


class Fault(StrEnum):
    """How an answer breaks."""

    SERVER_ERROR = "500"
    TRUNCATED = "truncated"
    HTML = "html"
    UNAUTHORIZED = "401"
    RATE_LIMITED = "429"
    RATE_LIMITED_BRIEFLY = "429 for seconds"
    RATE_LIMITED_LONG = "429 for an hour"
    SILENT = "silent"

    @property
    def asks_for(self) -> int:
        """Seconds in the answer's `Retry-After`, 0 when it has none."""
        return {Fault.RATE_LIMITED_BRIEFLY: 7, Fault.RATE_LIMITED_LONG: 3600}.get(self, 0)


_ANSWERS = {
    Fault.SERVER_ERROR: FakeResponse(500, b'{"error": "internal"}'),
    Fault.HTML: FakeResponse(200, b"<html><body>Scheduled maintenance</body></html>", {"Content-Type": "text/html"}),
    Fault.UNAUTHORIZED: FakeResponse(401, b'{"error": "unauthorized"}'),
    **{
        fault: FakeResponse(429, b'{"error": "slow down"}', {"Retry-After": str(fault.asks_for)} if fault.asks_for else {})
        for fault in (Fault.RATE_LIMITED, Fault.RATE_LIMITED_BRIEFLY, Fault.RATE_LIMITED_LONG)
    },
}
_LONGEST_SILENCE = 120.0
# Never used on loopback, and loading every authority takes tens of milliseconds.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Handler = Callable[[FakeRequest], FakeResponse]


@dataclass(slots=True)
class _Break:
    fault: Fault
    skip: int
    times: int | None
    paths: Callable[[FakeRequest], bool]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the library's 5 makes a sixth client that connects at once wait for a second


class FakeProvider:
    """An HTTP server on 127.0.0.1, used as a context manager.

    Args:
        handler: makes the answer of a request; `forward_to` makes one that asks another server.

    Attributes:
        requests: everything that was asked, in order.
    """

    def __init__(self, handler: Handler) -> None:
        self.requests: list[FakeRequest] = []
        self._handler = handler
        self._breaks: list[_Break] = []
        self._lock = threading.Lock()
        self._speaks = threading.Event()
        self._speaks.set()
        outer = self

        class Exchange(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            wbufsize = -1  # head and body in one segment: two wait for a delayed acknowledgement in between

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
                """Stay silent: a test's stderr is evidence of what the connector logs."""

            def answer(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = FakeRequest(self.command, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, body)
                given = outer.answer(asked)
                if given is None:
                    self.close_connection = True
                    return
                self.send_response(given.status)
                for name, value in given.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body if given.cut is None else given.body[: given.cut])
                self.close_connection = self.close_connection or given.cut is not None

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  names that http.server looks up

        self._server = _Server(("127.0.0.1", 0), Exchange)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """Address without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def break_with(
        self, fault: Fault, *, skip: int = 0, times: int | None = None, only: Callable[[FakeRequest], bool] = lambda _: True
    ) -> None:
        """From now on let requests fail.

        Args:
            fault: how.
            skip: this many matching requests still succeed.
            times: this many fail then; None for all until `heal`.
            only: which requests count and fail, such as those that are not for a token.
        """
        with self._lock:
            self._breaks.append(_Break(fault, skip, times, only))
            if fault is Fault.SILENT:
                self._speaks.clear()

    def heal(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._breaks.clear()
            self._speaks.set()

    def answer(self, asked: FakeRequest) -> FakeResponse | None:
        """The answer to a request, broken when a fault is due; None, after a while, for silence."""
        with self._lock:
            self.requests.append(asked)
            fault = next((rule.fault for rule in self._breaks if _is_due(rule, asked)), None)
        if fault is Fault.SILENT:
            self._speaks.wait(_LONGEST_SILENCE)
            return None
        if fault is not None and fault is not Fault.TRUNCATED:
            return _ANSWERS[fault]
        given = self._handler(asked)
        if fault is None:
            return given
        return FakeResponse(given.status, given.body, given.headers, cut=len(given.body) // 2)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._speaks.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _is_due(rule: _Break, asked: FakeRequest) -> bool:
    if not rule.paths(asked):
        return False
    if rule.skip > 0:
        rule.skip -= 1
        return False
    if rule.times is None:
        return True
    rule.times -= 1
    return rule.times >= 0


def forward_to(base_url: str) -> Handler:
    """A handler that asks another server, so that faults can be put before a sandbox that knows nothing of them."""

    def handler(asked: FakeRequest) -> FakeResponse:
        headers = {name: value for name, value in asked.headers.items() if name not in _HOP_BY_HOP}
        with httpx.Client(trust_env=False, verify=_NO_TLS, timeout=60) as client:
            given = client.request(
                asked.method, f"{base_url}{asked.path}", params=dict(asked.query), headers=headers, content=asked.body
            )
        kept = {name: value for name, value in given.headers.items() if name not in _HOP_BY_HOP}
        return FakeResponse(given.status_code, given.content, kept)

    return handler
