"""A source that a supervisor holds the lease of, and the process that polls it."""

import random
import time
from collections.abc import Callable

import structlog

from producers.kit.http.retry import RetryPolicy
from producers.supervisor.process import ProducerProcess
from producers.supervisor.targets import Target

__all__ = ["DEATHS_TOLD", "Holding"]

DEATHS_TOLD = 3
"""So many deaths in a row are told as the integration's failure."""

_LONG_LIFE_SECONDS = 60.0
_POLICY = RetryPolicy(base_seconds=1.0, cap_seconds=60.0, draw=random.random)
_log = structlog.stdlib.get_logger("supervise")


class Holding:
    """The state of one held source, moved on by `mind`.

    Args:
        target: what is to run.
        fencing_token: of the lease.
        start: starts a process with the arguments of a child.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        target: Target,
        fencing_token: int,
        *,
        start: Callable[[tuple[str, ...]], ProducerProcess] = ProducerProcess,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.target: Target | None = target
        self._is_lost = False
        self.key = target.key
        self.fencing_token = fencing_token
        self.deaths = 0
        self.process: ProducerProcess | None = None
        self._running: Target | None = None
        self._start_at = 0.0
        self._start = start
        self._clock = clock

    @property
    def is_over(self) -> bool:
        """Nothing runs and nothing is to run: the lease can be given back."""
        return self.process is None and self.target is None

    def aim(self, target: Target | None) -> None:
        """Say what is to run from now on. A lease that was lost is not used again: the next one has another token."""
        if not self._is_lost:
            self.target = target

    def mind(self) -> bool:
        """Start, stop or start anew what has to be; returns True when the process has died of itself just now."""
        died = self._reap()
        if self.process is None:
            if self.target is not None and self._clock() >= self._start_at:
                self._launch(self.target)
        elif self.target is None or self._running is None or self.target.revision != self._running.revision:
            self.process.ask_to_stop()
        return died

    def drop(self) -> None:
        """The lease is lost: end the process at once."""
        self.target = None
        self._is_lost = True
        if self.process is not None:
            self.process.kill()

    def _launch(self, target: Target) -> None:
        self.process = self._start(("--fencing-token", str(self.fencing_token), *target.arguments))
        self._running = target
        _log.info("producer started", source=self.key[1], pid=self.process.pid, fencing_token=self.fencing_token)

    def _reap(self) -> bool:
        process = self.process
        status = None if process is None else process.exit_status()
        if process is None or status is None:
            return False
        running, self.process, self._running = self._running, None, None
        _log.info("producer ended", source=self.key[1], pid=process.pid, status=status)
        if process.is_stopping:
            self.deaths = 0
            return False
        if status == 0 and running is not None and running.only_commands:
            # What comes meanwhile is seen by the supervisor's next look.
            self.target = None
            return False
        lived = self._clock() - process.started_at
        self.deaths = 1 if lived >= _LONG_LIFE_SECONDS else self.deaths + 1
        self._start_at = self._clock() + _POLICY.backoff(self.deaths)
        return True
