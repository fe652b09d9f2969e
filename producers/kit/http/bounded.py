"""An httpx transport whose response bodies end: by size and by the deadline of the whole call, however slowly they drip.

httpx's read time-out only bounds the gap between two chunks. The auth flow reads bodies too, so the bound sits below it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from producers.errors import ContractChangeError

__all__ = ["DEADLINE", "BoundedTransport", "Timeouts"]

DEADLINE = "reconduit.deadline"
"""Request extension: the monotonic second at which the whole call must be over."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Bounds in seconds.

    Attributes:
        connect: TCP and TLS set-up.
        read: gap between two chunks of a response.
        write: gap between two chunks of a request.
        pool: wait for a free connection.
        total: the whole call, with its retries, waits and redirects.
    """

    connect: float = 5.0
    read: float = 30.0
    write: float = 30.0
    pool: float = 5.0
    total: float = 120.0

    def within(self, seconds: float) -> dict[str, float]:
        """The bounds as httpx's `timeout` extension, none longer than `seconds`."""
        each = {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}
        return {name: max(0.001, min(value, seconds)) for name, value in each.items()}


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request, max_bytes: int, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._request = request
        self._max_bytes = max_bytes
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        deadline = self._request.extensions.get(DEADLINE)
        seen = 0
        for chunk in self._stream:
            seen += len(chunk)
            if seen > self._max_bytes:
                where = self._request.url.copy_with(query=None)
                raise ContractChangeError(f"{where}: the body is longer than {self._max_bytes} bytes; ask for smaller pages")
            if deadline is not None and self._clock() > deadline:
                raise httpx.ReadTimeout("the body came too slowly for the time of the whole call", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()


class BoundedTransport(httpx.BaseTransport):
    """Wraps another transport; bodies over `max_bytes` (as sent) or past the request's deadline raise."""

    def __init__(self, inner: httpx.BaseTransport, max_bytes: int, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._max_bytes = max_bytes
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and hand back the response with its body bounded."""
        response = self._inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _BoundedStream(response.stream, request, self._max_bytes, self._clock)
        return response

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()
