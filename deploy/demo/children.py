"""The demo's processes: started side by side, started again when one dies, stopped together."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.supervisor import Daemon

__all__ = ["FAULT_VARIABLE", "Children"]

FAULT_VARIABLE = "RECONDUIT_DEMO_FAULT"
"""`NAME=POINT:N`: the child NAME gets `RECONDUIT_FAULT=POINT:N` at its first start, so that a test can kill it at a known step."""

_STOP_SECONDS = 12


class Children:
    """Processes `reconduit ...` of one run."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        """Give every child `environment`, and a log file in `logs`."""
        self._environment = dict(environment)
        self._logs = logs
        self._commands: dict[str, list[str]] = {}
        self._daemons: dict[str, Daemon] = {}
        self.restarts = 0

    def start(self, name: str, arguments: Sequence[str], *, port_file: Path | None = None) -> None:
        """Start `reconduit ARGUMENTS` as the child `name` without waiting; with a port file it is ready once that is there."""
        environment = dict(self._environment)
        wanted, _, fault = os.environ.get(FAULT_VARIABLE, "").partition("=")
        if wanted == name and fault:
            environment["RECONDUIT_FAULT"] = fault
        self._commands[name] = [sys.executable, "-m", "reconduit", *arguments]
        self._launch(name, environment, port_file)

    def wait_ready(self, name: str) -> None:
        """Wait until a child serves.

        Raises:
            DeployError: it ended, or took too long; the message has the end of its log.
        """
        self._daemons[name].wait_ready()

    def pid(self, name: str) -> int:
        """Process id of a child."""
        process = self._daemons[name].process
        assert process is not None
        return process.pid

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: self.pid(name) for name in self._daemons}

    def revive(self) -> list[str]:
        """Start again whatever has died, without its planned fault; returns the names."""
        dead = [name for name, daemon in self._daemons.items() if not daemon.running()]
        for name in dead:
            self._launch(name, self._environment, None)
            self.restarts += 1
        return dead

    def _launch(self, name: str, environment: Mapping[str, str], port_file: Path | None) -> None:
        daemon = Daemon(
            name,
            self._commands[name],
            log=self._logs / f"{name}.log",
            ready=port_file.exists if port_file is not None else lambda: True,
            stop_seconds=_STOP_SECONDS,
            environment=environment,
        )
        self._daemons[name] = daemon
        daemon.launch()

    def stop(self) -> None:
        """Ask all to stop, wait for each, kill what does not."""
        for daemon in self._daemons.values():
            daemon.ask_to_stop()
        deadline = time.monotonic() + _STOP_SECONDS
        for daemon in self._daemons.values():
            while daemon.running() and time.monotonic() < deadline:
                time.sleep(0.05)
            daemon.halt()
