"""When to try an HTTP call again, and how long to wait before: full jitter, never sooner than the provider asks.

Full jitter (a uniform draw between nothing and the exponential cap) is what keeps a fleet of producers from returning in step
after an outage. `Retry-After` is either seconds or an HTTP date (RFC 9110, 10.2.3).
"""

import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

__all__ = ["IDEMPOTENT_METHODS", "RetryPolicy", "pause", "retry_after_seconds"]

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Methods that may be sent twice without asking (RFC 9110, 9.2.2)."""


def pause(seconds: float) -> None:
    """Sleep; the one place where the kit waits, so that a test can put its own in."""
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently an idempotent call is repeated.

    Attributes:
        attempts: calls in all, the first included.
        base_seconds: upper bound of the first wait; it doubles with each attempt.
        cap_seconds: no wait is longer. When a provider asks for more, the call fails at once and the source's own pause
            takes over, because coming back sooner than asked only prolongs the ban.
        draw: uniform random number in [0, 1).
    """

    attempts: int = 5
    base_seconds: float = 0.5
    cap_seconds: float = 30.0
    draw: Callable[[], float] = random.random

    def backoff(self, failures: int) -> float:
        """Seconds to wait after `failures` failed attempts (1 or more), with full jitter."""
        ceiling = min(self.cap_seconds, self.base_seconds * 2.0 ** min(failures - 1, 32))
        return self.draw() * ceiling

    def wait(self, failures: int, asked: float | None) -> float | None:
        """Seconds to wait, at least what the provider `asked` for; None when it asked for more than the cap."""
        if asked is not None and asked > self.cap_seconds:
            return None
        return max(asked or 0.0, self.backoff(failures))


def retry_after_seconds(value: str | None, now: dt.datetime) -> float | None:
    """Seconds that a `Retry-After` header asks for, from `now` (aware UTC); None when absent or not understood.

    A date in the past is 0: the provider says that waiting is over.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return max(0.0, (when - now).total_seconds())
