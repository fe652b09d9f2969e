"""The share of failed attempts in the last stretch of time, for `producers.kit.http.breaker`."""

from collections import deque
from dataclasses import dataclass

__all__ = ["FailureLimit", "FailureWindow"]


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """When failures are too many although some attempts get through.

    Attributes:
        ratio: failed attempts to all attempts, above 0 and up to 1.
        attempts: with fewer than these in the window nothing is concluded.
        seconds: length of the window.
    """

    ratio: float = 0.5
    attempts: int = 20
    seconds: float = 120.0

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1 or self.attempts < 1 or self.seconds <= 0:
            raise ValueError(f"no limit of {self.ratio} failed of {self.attempts} attempts within {self.seconds} s")


class FailureWindow:
    """How the attempts of the last seconds ended; each is kept for as long as it counts, no more than the quota lets out.

    Not safe across threads by itself: the breaker holds its lock.

    Args:
        limit: what is too much, and how long an attempt counts.
    """

    def __init__(self, limit: FailureLimit) -> None:
        self._limit = limit
        self._ended: deque[tuple[float, bool]] = deque()
        self._failed = 0

    @property
    def ratio(self) -> float:
        """Failed attempts to all attempts in the window; 0 when there are none."""
        return self._failed / len(self._ended) if self._ended else 0.0

    @property
    def is_exceeded(self) -> bool:
        """Whether there are enough attempts, and too many of them failed."""
        return len(self._ended) >= self._limit.attempts and self.ratio >= self._limit.ratio

    def add(self, at: float, *, failed: bool) -> None:
        """Count an attempt that ended at the monotonic second `at`, and forget those that are too old."""
        self._ended.append((at, failed))
        self._failed += failed
        while self._ended[0][0] <= at - self._limit.seconds:
            self._failed -= self._ended.popleft()[1]

    def clear(self) -> None:
        """Forget all of them."""
        self._ended.clear()
        self._failed = 0

    def __str__(self) -> str:
        return f"{self._failed} of {len(self._ended)} attempts in {self._limit.seconds:g} s"
