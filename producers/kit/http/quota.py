"""A provider's request quota: a token bucket on the monotonic clock that learns from what the provider answers."""

import threading
import time
from collections.abc import Callable, Mapping

from producers.errors import RateLimitError
from producers.kit.http import retry
from producers.kit.http.learned_rate import LearnedRate
from producers.kit.http.quota_headers import read_quota

__all__ = ["TokenBucket"]


class TokenBucket:
    """At most `burst` requests at once and `per_second` on the long run, shared by every thread that uses it.

    It goes slower where the provider says that it bears less, and after a 429 that says nothing; see `LearnedRate`.

    Args:
        per_second: the most requests a second in the long run.
        burst: requests that may go out together after a pause.
        clock: monotonic seconds.
        sleep: waits; `producers.kit.http.retry.pause` when None.
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
        self._rate = LearnedRate(per_second)
        self._burst = float(burst)
        self._clock = clock
        self._sleep = sleep
        self._wall = wall
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._at = clock()
        self._closed_until = self._at

    @property
    def per_second(self) -> float:
        """Requests a second that it allows now."""
        with self._lock:
            return self._rate.now

    def acquire(self, timeout: float | None = None) -> float:
        """Take one request, waiting for it; returns the seconds waited.

        The token is reserved before the wait, so threads queue up in order instead of racing for each new one.

        Raises:
            RateLimitError: the wait would be longer than `timeout` seconds; nothing was taken.
        """
        with self._lock:
            now = self._clock()
            self._refill(now)
            shortage = max(0.0, 1.0 - self._tokens) / self._rate.now
            wait = max(shortage, self._closed_until - now)
            if timeout is not None and wait > timeout:
                raise RateLimitError(f"the request quota is used up for another {wait:.0f} s", retry_after=int(wait) + 1)
            self._tokens -= 1.0
        if wait > 0:
            (self._sleep or retry.pause)(wait)
        return wait

    def penalise(self, seconds: float | None) -> None:
        """The provider said 429.

        Args:
            seconds: that it asks to wait: nothing goes out until then, and no burst afterwards. None when it does not say; then
                what follows goes out at half the rate.
        """
        with self._lock:
            now = self._clock()
            self._refill(now)
            if seconds is not None:
                self._close(now, seconds)
            else:
                self._tokens = min(self._tokens, 0.0)
                self._rate.refused(now)

    def observe(self, headers: Mapping[str, str], *, accepted: bool = True) -> None:
        """Learn from a response: from its quota headers, which may know of other users of the same quota, and from its coming.

        Args:
            headers: of the response.
            accepted: whether it was anything else than a 429.
        """
        told = read_quota(headers, self._wall())
        with self._lock:
            now = self._clock()
            self._refill(now)
            if told.per_second is not None:
                self._rate.told(told.per_second)
            elif told.limit is not None and told.reset is not None:
                self._rate.told_limit(told.limit, told.reset)
            if accepted:
                self._rate.accepted()
            if told.remaining == 0 and told.reset is not None:
                self._close(now, told.reset)
            elif told.remaining is not None:
                self._tokens = min(self._tokens, float(told.remaining))

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate.now)
        self._at = now

    def _close(self, now: float, seconds: float) -> None:
        self._closed_until = max(self._closed_until, now + seconds)
        # One request is there when the pause is over: refilling over the pause itself would end in a burst.
        self._tokens = min(self._tokens, 1.0 - seconds * self._rate.now)
