"""Runs one connector: fetch, keep the original, publish, wait, move the cursor; in this order, for every page, forever.

A step is only taken when the one before is durable, so a crash anywhere costs a repetition with equal ids, never a record.
"""

import contextlib
import datetime as dt
import logging
import random
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import Protocol

import structlog

from producers.errors import BadAnswer, ProducerError, RateLimitError, TransientError
from producers.kit.contract import Connector, Cursor, Page
from producers.kit.cursors import StoredCursor
from producers.kit.files.object_store import ObjectStore
from producers.kit.http.retry import RetryPolicy
from producers.kit.rounds import PlainRounds, RoundsPort
from producers.kit.source_lag import SourceLag
from reconduit.errors import ReconduitError
from reconduit.faultpoint import faultpoint
from reconduit.metrics import INGESTED, LAST_SUCCESS, POLL_ERRORS, POLL_SECONDS, QUARANTINED
from reconduit.sources import SourceConfig

__all__ = ["CursorPort", "ProducerRunner", "PublisherPort"]

_TERMINAL_PAUSE = 300.0
_STOP_SECONDS = 10
_LONGEST_ASKED = 3600.0
"""Seconds; a provider that asks for a longer pause than this is asked again all the same."""
_POLICY = RetryPolicy(base_seconds=1.0, cap_seconds=60.0, draw=random.random)
_ONCE_ATTEMPTS = 5


class PublisherPort(Protocol):
    """What the runner needs of `producers.kit.publisher.Publisher`."""

    def publish(self, page: Page) -> int:
        """Publish and wait for every delivery report."""
        ...


class CursorPort(Protocol):
    """What the runner needs of `producers.kit.cursors.CursorStore`."""

    def load(self) -> StoredCursor:
        """The last confirmed position."""
        ...

    def commit_page(self, stored: StoredCursor, page: Page) -> StoredCursor:
        """Move on behind a published page."""
        ...

    def complete_round(self) -> None:
        """Count a complete poll."""
        ...

    def record_error(self, error: str, answer: BadAnswer | None = None) -> None:
        """Remember an error."""
        ...


class _StopRequested(BaseException):
    """Leaves a blocking fetch; no Exception, so that no connector takes it for a failed request."""


class ProducerRunner:
    """One source's producer.

    Args:
        config: the source.
        connector: where its records come from.
        publisher: where they go.
        cursors: its stored position.
        objects: where originals are kept.
        now: aware UTC time.
        clock: monotonic seconds.
        policy: waits between failed polls.
        terminal_pause: seconds between polls while somebody has to act first.
        rounds: what happens between polls; only waiting when None.
    """

    def __init__(
        self,
        config: SourceConfig,
        connector: Connector,
        publisher: PublisherPort,
        cursors: CursorPort,
        objects: ObjectStore,
        *,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        clock: Callable[[], float] = time.monotonic,
        policy: RetryPolicy = _POLICY,
        terminal_pause: float = _TERMINAL_PAUSE,
        rounds: RoundsPort | None = None,
    ) -> None:
        self._config = config
        self._connector = connector
        self._publisher = publisher
        self._cursors = cursors
        self._objects = objects
        self._now = now
        self._clock = clock
        self._policy = policy
        self._terminal_pause = terminal_pause
        self._lag = SourceLag(config.name)
        self._rounds = rounds or PlainRounds(float(config.poll_seconds))
        self._stopping = threading.Event()
        self._told = False
        self._interruptible = False
        self._log = structlog.stdlib.get_logger("produce").bind(source=config.name)

    def run(self, *, once: bool = False) -> None:
        """Poll until told to stop, or until one complete poll.

        Args:
            once: return after the first complete poll; give up after a terminal error or a few passing ones.

        Raises:
            ReconduitError: with `once`, what stood in the way.
        """
        failures = 0
        with contextlib.suppress(_StopRequested):
            self._wait(self._rounds.first_wait())
            while not self._is_stopping():
                try:
                    complete = self.poll()
                except Exception as error:  # the process boundary: also a connector's bug is recorded, and no crash loop
                    failures += 1
                    wait = self._rounds.failed(error, self._failed(error, failures))
                    if once and (not _is_retryable(error) or failures >= _ONCE_ATTEMPTS):
                        raise
                else:
                    failures = 0
                    if not complete:
                        break
                    wait = self._rounds.completed()
                    if once:
                        return
                self._wait(wait)
        self._log.info("stopped")

    def poll(self) -> bool:
        """One poll from the stored cursor; returns False when it was told to stop before the end.

        Raises:
            ReconduitError: fetching, keeping, publishing or committing failed; the stored cursor says how far it came.
        """
        started = self._clock()
        stored = self._cursors.load()
        with contextlib.closing(self._pages(stored.cursor)) as pages:
            for page in pages:
                stored = self._deliver(page, stored)
                if self._is_stopping():
                    return False
        self._cursors.complete_round()
        self._lag.polled()
        LAST_SUCCESS.labels(self._config.name).set(self._now().timestamp())
        POLL_SECONDS.labels(self._config.name).observe(self._clock() - started)
        self._log.debug("polled", version=stored.version)
        return True

    def stop(self) -> None:
        """Stop after the page in hand; a second call changes nothing. Safe from any thread, not from a signal handler."""
        self._stopping.set()

    def install_signal_handlers(self) -> None:
        """Stop on SIGTERM and SIGINT: at once while fetching or waiting, else after the step in hand, by force after 10 s.

        The force is safe: at any moment the process may as well have been killed.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # The kernel's alarm rather than a timer thread: it works whatever locks the interrupted code holds.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_STOP_SECONDS)
        self._told = True
        if self._interruptible:
            raise _StopRequested(signal.Signals(number).name)

    def _is_stopping(self) -> bool:
        return self._told or self._stopping.is_set()

    def _wait(self, seconds: float) -> None:
        with self._may_break_off():
            self._rounds.wait(seconds, self._stopping)

    @contextlib.contextmanager
    def _may_break_off(self) -> Iterator[None]:
        """A stretch in which nothing is half done, so that a signal may end it anywhere."""
        self._interruptible = True
        try:
            if self._is_stopping():
                raise _StopRequested
            yield
        finally:
            self._interruptible = False

    def _pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        """The connector's pages, each fetched in a stretch that a signal may end."""
        pages = self._connector.poll(cursor, self._now())
        try:
            while True:
                with self._may_break_off():
                    page = next(pages, None)
                if page is None:
                    return
                yield page
        finally:
            close = getattr(pages, "close", None)
            if close is not None:
                close()

    def _deliver(self, page: Page, stored: StoredCursor) -> StoredCursor:
        for raw in page.raw:
            self._objects.put(raw)
        faultpoint("fetched")
        published = self._publisher.publish(page)
        faultpoint("flushed-no-cursor")
        moved = self._cursors.commit_page(stored, page)
        faultpoint("cursor-saved")
        INGESTED.labels(self._config.name).inc(published)
        self._lag.published(page)
        for bad in page.bad:
            QUARANTINED.labels(self._config.name, bad.reason).inc()
            self._log.warning("quarantined", reason=bad.reason, position=bad.position)
        if page.fetched or page.statements:
            self._log.info("page", fetched=page.fetched, published=published, quarantined=len(page.bad), version=moved.version)
        return moved

    def _failed(self, error: Exception, failures: int) -> float:
        """Record an error; returns the seconds to wait."""
        name = type(error).__name__
        POLL_ERRORS.labels(self._config.name, name).inc()
        if _is_retryable(error):
            wait = self._policy.backoff(failures)
            if isinstance(error, RateLimitError) and error.retry_after is not None:
                wait = max(wait, min(float(error.retry_after), _LONGEST_ASKED))
        else:
            wait = self._terminal_pause
        # An error of ours says everything in its message; of anything else the way there is needed.
        trace = None if isinstance(error, ProducerError) else error
        level = logging.WARNING if _is_retryable(error) else logging.ERROR
        self._log.log(level, "poll failed", error=f"{name}: {error}", failures=failures, wait_seconds=wait, exc_info=trace)
        try:
            answer = error.answer if isinstance(error, ProducerError) else None
            self._cursors.record_error(f"{name}: {error}", answer)
        except TransientError as second:
            self._log.warning("error not recorded", error=str(second))
        return wait


def _is_retryable(error: Exception) -> bool:
    return isinstance(error, ReconduitError) and error.retryable
