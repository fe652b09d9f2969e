"""How many requests a second a provider bears: at most what is configured, less when it says so, and less still while it refuses.

Additive increase and multiplicative decrease, as TCP has it: of the senders that share a quota none starves, and none floods.
"""

__all__ = ["LearnedRate"]

_DECREASE = 0.5
_STEPS_BACK = 50
"""So many accepted requests bring a rate from nothing back to its ceiling."""
_SMALLEST_SHARE = 64
"""The rate never falls below this part of its ceiling: a source that is refused for ever must still notice when that ends."""
_CALM_SECONDS = 1.0


class LearnedRate:
    """Requests a second; not safe for threads by itself.

    Args:
        configured: the most that is ever allowed.
    """

    def __init__(self, configured: float) -> None:
        self._configured = configured
        self._ceiling = configured
        self._rate = configured
        self._has_policy = False
        self._longest_reset = 0.0
        self._last_refusal: float | None = None

    @property
    def now(self) -> float:
        """The rate to keep to now."""
        return self._rate

    def told(self, per_second: float) -> None:
        """The provider says its policy in requests a second; only lowers what is configured."""
        self._has_policy = True
        self._limit_to(per_second)

    def told_limit(self, limit: int, reset: float) -> None:
        """The provider says how many requests a window has, but not how long the window is.

        Args:
            limit: requests of a window.
            reset: seconds until this window ends; the longest that was ever seen is the nearest to the window's length.
        """
        self._longest_reset = max(self._longest_reset, reset)
        if limit > 0 and self._longest_reset > 0 and not self._has_policy:
            self._limit_to(limit / self._longest_reset)

    def refused(self, now: float) -> None:
        """A 429 came: half the rate, once for all that were under way together.

        Args:
            now: monotonic seconds.
        """
        calm = max(_CALM_SECONDS, 1.0 / self._rate)
        if self._last_refusal is None or now - self._last_refusal >= calm:
            self._rate = max(self._ceiling / _SMALLEST_SHARE, self._rate * _DECREASE)
            self._last_refusal = now

    def accepted(self) -> None:
        """A request was not refused: a little faster again."""
        self._rate = min(self._ceiling, self._rate + self._ceiling / _STEPS_BACK)

    def _limit_to(self, per_second: float) -> None:
        self._ceiling = min(self._configured, per_second)
        self._rate = min(self._rate, self._ceiling)
