"""One answer for everybody for a moment: totals over all rows cost a scan, and every open page asks for them."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Cached"]

T = TypeVar("T")


class Cached(Generic[T]):
    """The answer of a slow function, kept `seconds` or five times what it took, whichever is longer.

    So that watching never takes more than a sixth of one core, however many rows there are. Errors are not kept.
    """

    def __init__(self, compute: Callable[[], T], seconds: float) -> None:
        self._compute = compute
        self._seconds = seconds
        self._lock = threading.Lock()
        self._value: T | None = None
        self._until = 0.0

    def get(self) -> T:
        """The kept answer, or a new one; callers at the same moment wait for one computation."""
        with self._lock:
            started = time.monotonic()
            if self._value is None or started >= self._until:
                self._value = self._compute()
                ended = time.monotonic()
                self._until = ended + max(self._seconds, 5 * (ended - started))
            return self._value
