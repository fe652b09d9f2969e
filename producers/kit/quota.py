"""A provider's request quota: a token bucket on the monotonic clock that learns from the provider's own headers.

Headers understood: `RateLimit-Remaining` / `RateLimit-Reset` with seconds to go (draft-ietf-httpapi-ratelimit-headers, up to
-06), their `X-` forms, where `Reset` may also be a Unix time, and `RateLimit: "name";r=REMAINING;t=SECONDS` (since -08).
"""

import re
import threading
import time
from collections.abc import Callable, Mapping

from producers.errors import RateLimitError
from producers.kit import retry

__all__ = ["TokenBucket"]

_STRUCTURED = re.compile(r";\s*r=(\d+)(?:.*?;\s*t=(\d+))?")
_UNIX_TIME_FROM = 1_000_000_000
"""A `Reset` at or above this is a point in time; no provider asks to wait thirty years."""


class TokenBucket:
    """At most `burst` requests at once and `per_second` on the long run, shared by every thread that uses it.

    Args:
        per_second: requests a second in the long run.
        burst: requests that may go out together after a pause.
        clock: monotonic seconds.
        sleep: waits; `producers.kit.retry.pause` when None.
        wall: Unix time in seconds, only to read a `Reset` that is a point in time.
    """

    def __init__(
        self,
        per_second: float,
        burst: int = 1,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        if per_second <= 0 or burst < 1:
            raise ValueError(f"a quota needs per_second > 0 and burst >= 1, not {per_second} and {burst}")
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._sleep = sleep
        self._wall = wall
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._at = clock()
        self._closed_until = self._at

    def acquire(self, timeout: float | None = None) -> float:
        """Take one request, waiting for it; returns the seconds waited.

        The token is reserved before the wait, so threads queue up in order instead of racing for each new one.

        Raises:
            RateLimitError: the wait would be longer than `timeout` seconds; nothing was taken.
        """
        with self._lock:
            now = self._clock()
            self._refill(now)
            shortage = max(0.0, 1.0 - self._tokens) / self._per_second
            wait = max(shortage, self._closed_until - now)
            if timeout is not None and wait > timeout:
                raise RateLimitError(f"the request quota is used up for another {wait:.0f} s", retry_after=int(wait) + 1)
            self._tokens -= 1.0
        if wait > 0:
            (self._sleep or retry.pause)(wait)
        return wait

    def penalise(self, seconds: float) -> None:
        """The provider said 429: nothing goes out for `seconds`, and no burst afterwards."""
        with self._lock:
            now = self._clock()
            self._refill(now)
            self._close(now, seconds)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from a response's quota headers, which may know of other users of the same quota."""
        remaining, reset = _read_headers(headers, self._wall())
        if remaining is None:
            return
        with self._lock:
            now = self._clock()
            self._refill(now)
            if remaining == 0 and reset is not None:
                self._close(now, reset)
            else:
                self._tokens = min(self._tokens, float(remaining))

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now

    def _close(self, now: float, seconds: float) -> None:
        self._closed_until = max(self._closed_until, now + seconds)
        # One request is there when the pause is over: refilling over the pause itself would end in a burst.
        self._tokens = min(self._tokens, 1.0 - seconds * self._per_second)


def _read_headers(headers: Mapping[str, str], wall: float) -> tuple[int | None, float | None]:
    """Remaining requests and seconds until the quota is full again."""
    lowered = {name.lower(): value for name, value in headers.items()}
    structured = _STRUCTURED.search(lowered.get("ratelimit", ""))
    if structured is not None:
        return int(structured[1]), float(structured[2]) if structured[2] else None
    remaining = lowered.get("ratelimit-remaining", lowered.get("x-ratelimit-remaining", "")).strip()
    if not (remaining.isascii() and remaining.isdigit()):
        return None, None
    reset = lowered.get("ratelimit-reset", lowered.get("x-ratelimit-reset", "")).strip()
    if not (reset.isascii() and reset.isdigit()):
        return int(remaining), None
    seconds = float(reset)
    return int(remaining), max(0.0, seconds - wall) if seconds >= _UNIX_TIME_FROM else seconds
