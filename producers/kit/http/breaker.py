"""A circuit breaker: a provider that keeps failing is left alone, and asked again with one probe at a time.

Own code, because the kept libraries do not fit: pybreaker holds its lock for as long as a call runs, so that the threads of a
source would queue up behind one slow answer, and it reads the wall clock; purgatory lets every caller through when it is half open.
Both stay open for a fixed time, so that a fleet of producers comes back in step.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

import structlog

from producers.errors import ProducerError, RateLimitError, TransientError
from producers.kit.http.circuits import Circuit
from producers.kit.http.failure_window import FailureLimit, FailureWindow
from reconduit.metrics import BREAKER_STATE, BREAKER_TRANSITIONS, FAILED_ATTEMPTS

__all__ = ["CircuitBreaker", "CircuitState"]

_CAUSE_SHOWN = 300


class CircuitState(IntEnum):
    """Where a circuit stands; the number is the value of the metric."""

    CLOSED = 0
    """Attempts go out."""
    HALF_OPEN = 1
    """One attempt is out to see whether the provider is back; others fail at once."""
    OPEN = 2
    """Attempts fail at once until the next probe is due."""


class CircuitBreaker:
    """The circuit to one host, shared by every thread that uses it.

    An attempt fails when it ends in a `TransientError`. A `RateLimitError` says nothing either way: the provider is there, and its
    quota has waits of its own. Any other answer, a refusal too, shows that the provider is up.

    Two things open it: failures in a row, which show within seconds that a provider is down, and the share of failures over a
    window, for one that answers now and then. A share alone would be slow for sources that ask seldom.

    Args:
        source: name of the source, for metrics and log.
        threshold: failures in a row that open the circuit.
        limit: share of failed attempts over a window that opens it as well.
        first_seconds: how long it stays open at first; each failed probe doubles it.
        longest_seconds: no opening is longer.
        clock: monotonic seconds.
        draw: uniform random number in [0, 1); an opening lasts between half of its time and all of it.
    """

    def __init__(
        self,
        source: str = "",
        *,
        threshold: int = 10,
        limit: FailureLimit = FailureLimit(),  # noqa: B008  frozen, so sharing the default is safe
        first_seconds: float = 5.0,
        longest_seconds: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        if threshold < 1 or not 0 < first_seconds <= longest_seconds:
            raise ValueError(f"no circuit with threshold {threshold} that opens for {first_seconds} to {longest_seconds} s")
        self._source = source
        self._threshold = threshold
        self._first = first_seconds
        self._longest = longest_seconds
        self._clock = clock
        self._draw = draw
        self._lock = threading.Lock()
        self._state = CircuitState.CLOSED
        self._failures = 0
        self._window = FailureWindow(limit)
        self._openings = 0
        self._probe_at = 0.0
        self._epoch = 0
        self._cause = ""
        self._reason = ""
        self._log = structlog.stdlib.get_logger("breaker").bind(source=source)
        BREAKER_STATE.labels(source).set(CircuitState.CLOSED)
        FAILED_ATTEMPTS.labels(source).set(0)

    @property
    def state(self) -> CircuitState:
        """Where the circuit stands."""
        return self._state

    @property
    def circuit(self) -> Circuit:
        """The same with the reason, as it is told outside of the process."""
        with self._lock:
            match self._state:
                case CircuitState.CLOSED:
                    return Circuit("closed")
                case CircuitState.HALF_OPEN:
                    return Circuit("half_open", self._reason)
                case CircuitState.OPEN:
                    return Circuit("open", self._reason)

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Around one attempt; how it ends decides about the circuit.

        Args:
            what: method and address without the query, for the message.

        Raises:
            TransientError: the circuit is open, or its probe is out; nothing was sent. The message says when the next probe is, and
                what went wrong last.
        """
        epoch = self._admit(what)
        try:
            yield
        except RateLimitError:
            self._release(epoch)
            raise
        except TransientError as error:
            self._failed(epoch, error)
            raise
        except ProducerError:
            self._answered(epoch)
            raise
        except BaseException:
            self._release(epoch)
            raise
        self._answered(epoch)

    def _admit(self, what: str) -> int:
        """The epoch that the attempt belongs to; what it brings counts only while that lasts."""
        with self._lock:
            if self._state is CircuitState.HALF_OPEN:
                raise TransientError(f"{what}: not sent; a probe is under way after {self._cause}")
            if self._state is CircuitState.OPEN:
                left = self._probe_at - self._clock()
                if left > 0:
                    raise TransientError(f"{what}: not sent; the next probe is in {left:.0f} s, after {self._cause}")
                self._move(CircuitState.HALF_OPEN)
            return self._epoch

    def _failed(self, epoch: int, error: TransientError) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            self._failures += 1
            self._count(failed=True)
            self._cause = str(error)[:_CAUSE_SHOWN]
            why = self._too_much()
            if why is not None:
                self._open(f"{why}: {self._cause}")

    def _answered(self, epoch: int) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            self._failures = 0
            if self._state is CircuitState.HALF_OPEN:
                # What failed before the opening must not open it again at the first failure that comes.
                self._window.clear()
            self._count(failed=False)
            if self._state is CircuitState.HALF_OPEN:
                self._openings = 0
                self._move(CircuitState.CLOSED)
                self._log.info("circuit closed")

    def _count(self, *, failed: bool) -> None:
        self._window.add(self._clock(), failed=failed)
        FAILED_ATTEMPTS.labels(self._source).set(self._window.ratio)

    def _too_much(self) -> str | None:
        """Why the circuit opens after a failed attempt, None when it does not."""
        if self._state is CircuitState.HALF_OPEN:
            return "the probe failed"
        if self._failures >= self._threshold:
            return f"{self._failures} attempts in a row failed"
        return f"{self._window} failed" if self._window.is_exceeded else None

    def _open(self, reason: str) -> None:
        ceiling = min(self._longest, self._first * 2.0 ** min(self._openings, 32))
        seconds = ceiling * (0.5 + self._draw() / 2)
        self._openings += 1
        self._probe_at = self._clock() + seconds
        self._reason = reason
        self._move(CircuitState.OPEN)
        self._log.warning("circuit opened", reason=reason, seconds=round(seconds, 1))

    def _release(self, epoch: int) -> None:
        """The attempt says nothing about the provider; if it was the probe, the next attempt is."""
        with self._lock:
            if epoch == self._epoch and self._state is CircuitState.HALF_OPEN:
                self._move(CircuitState.OPEN)

    def _move(self, state: CircuitState) -> None:
        self._state = state
        self._epoch += 1
        BREAKER_STATE.labels(self._source).set(state)
        BREAKER_TRANSITIONS.labels(self._source, state.name.lower()).inc()
