"""Stopping on SIGTERM and SIGINT: a flag that loops ask, never an exception in the middle of a step."""

import signal
import threading
from types import FrameType

__all__ = ["Stop"]


class Stop:
    """Becomes true at the first SIGTERM or SIGINT. Made on the main thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._event.set()

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep up to `seconds`, less when told to stop; returns whether to stop."""
        return self._event.wait(seconds)
