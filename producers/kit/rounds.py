"""What a producer does between its polls: wait, and for an integration tell how the poll went and carry out commands."""

import threading
from typing import Protocol

from producers.errors import LeaseLostError

__all__ = ["PlainRounds", "RoundsPort"]


class RoundsPort(Protocol):
    """What happens between polls. Whatever a method raises ends the run."""

    def first_wait(self) -> float:
        """Seconds to wait before the first poll."""
        ...

    def completed(self) -> float:
        """A poll was complete; returns the seconds to wait until the next."""
        ...

    def failed(self, error: Exception, wait: float) -> float:
        """A poll failed; returns the seconds to wait, of which the runner proposes `wait`."""
        ...

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Let time pass, at most until `stopping` is set; a signal may end it anywhere."""
        ...


class PlainRounds:
    """Polls at an interval, and nothing else between.

    Args:
        poll_seconds: from the end of a complete poll to the next.
    """

    def __init__(self, poll_seconds: float) -> None:
        self._seconds = poll_seconds

    def first_wait(self) -> float:
        """None."""
        return 0.0

    def completed(self) -> float:
        """The interval."""
        return self._seconds

    def failed(self, error: Exception, wait: float) -> float:
        """As the runner proposes; a lost lease ends the run.

        Raises:
            LeaseLostError: it was that.
        """
        if isinstance(error, LeaseLostError):
            raise error
        return wait

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Only waits."""
        stopping.wait(seconds)
