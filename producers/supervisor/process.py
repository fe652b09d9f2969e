"""A producer's process: started with a pipe that ends when we do, asked to stop, and killed if it does not."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from producers.supervisor.metrics import ProducerFiles

__all__ = ["STOP_SECONDS", "ProducerProcess"]

STOP_SECONDS = 12.0
"""A producer that was asked to stop kills itself after 10 s; this is for one that cannot."""


class ProducerProcess:
    """One started producer.

    Args:
        arguments: of `producers.supervisor.child`.
        metrics: where it leaves its metrics; None: nowhere.
    """

    def __init__(self, arguments: Sequence[str], metrics: ProducerFiles | None = None) -> None:
        # One port cannot serve the metrics of several processes.
        environment = {name: value for name, value in os.environ.items() if name != "RECONDUIT_METRICS_PORT"}
        environment |= {} if metrics is None else metrics.environment()
        self._metrics = metrics
        self._process = subprocess.Popen(
            [sys.executable, "-m", "producers.supervisor.child", *arguments], stdin=subprocess.PIPE, env=environment
        )
        self.started_at = time.monotonic()
        self._kill_at: float | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._kill_at is not None

    def exit_status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs. Kills it when it was asked to stop long ago."""
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._process.kill()
        status = self._process.poll()
        if status is not None and self._process.stdin is not None:
            self._process.stdin.close()
            if self._metrics is not None:
                self._metrics.forget(self.pid)
        return status

    def ask_to_stop(self) -> None:
        """Ask it to stop, once."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + STOP_SECONDS
            self._process.terminate()

    def kill(self) -> None:
        """End it at once: what it still does must not count."""
        self._kill_at = time.monotonic()
        self._process.kill()
