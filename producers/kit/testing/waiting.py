"""Time in the test-kit's cases: the kit's waits pass at once, and its time-outs soon."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from producers.kit.http.bounded import Timeouts

__all__ = ["impatient", "without_waiting"]


@contextmanager
def without_waiting() -> Iterator[list[float]]:
    """Let the kit's waits (retries, quotas) pass at once; yields the seconds it would have waited."""
    waits: list[float] = []
    with mock.patch("producers.kit.http.retry.pause", waits.append):
        yield waits


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """Let every step of a request time out after `seconds`, whatever the connector allows it."""

    def within(_: Timeouts, left: float) -> dict[str, float]:
        return dict.fromkeys(("connect", "read", "write", "pool"), min(seconds, left))

    with mock.patch.object(Timeouts, "within", within):
        yield
