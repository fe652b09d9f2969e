"""Child processes that are ready when they say so, stop within a bound and never outlive us.

[mirakuru](https://pypi.org/project/mirakuru/) starts, waits and stops. This module adds what it lacks: the kernel kills the child
when we die, even by `kill -9` (PR_SET_PDEATHSIG); output goes to a file; a failure names that file and shows its last lines.
"""

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import mirakuru
from mirakuru.exceptions import ExecutorError, ProcessExitedWithError, ProcessFinishedWithError, TimeoutExpired

from deploy.errors import DeployError, ServiceUnavailableError

__all__ = ["Account", "Daemon", "bound_to_parent", "log_tail", "running", "spawn"]

Account = tuple[int, int]
"""User and group id to run a command as."""


def bound_to_parent(command: Sequence[str], *, account: Account | None = None) -> list[str]:
    """The command, wrapped so that the kernel kills it when the thread that starts it ends.

    Args:
        command: program and arguments.
        account: who it runs as, when we are root and it must not be.

    Raises:
        DeployError: another account is asked for and setpriv is not installed.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if account is not None:
            raise DeployError(
                "setpriv (package util-linux) is needed to run a service as another user; install it or do not run as root"
            )
        return [sys.executable, "-I", str(Path(__file__).with_name("die_with_parent.py")), str(os.getpid()), *command]
    identity = [] if account is None else [f"--reuid={account[0]}", f"--regid={account[1]}", "--clear-groups"]
    return [setpriv, "--pdeathsig=KILL", *identity, "--", *command]


class _Spawner:
    """One thread that lives as long as the process and starts every child.

    PR_SET_PDEATHSIG is tied to the *thread* that forks: a child started from a short-lived worker thread would die with it.
    """

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[Callable[[], object], Future[None]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def call(self, start: Callable[[], object]) -> None:
        """Run `start` in the thread and wait for it; what it raises is raised here."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():  # a fork has no threads
                self._thread = threading.Thread(target=self._run, name="spawner", daemon=True)
                self._thread.start()
        done: Future[None] = Future()
        self._work.put((start, done))
        done.result()

    def _run(self) -> None:
        while True:
            start, done = self._work.get()
            try:
                start()
            except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
                done.set_exception(error)
            else:
                done.set_result(None)


_spawner = _Spawner()


def spawn(start: Callable[[], object]) -> None:
    """Call `start`, which starts a child process, from the long-lived thread that children are bound to."""
    _spawner.call(start)


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, for an error message."""
    if not log.exists():
        return "(no log was written)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Daemon(mirakuru.Executor):
    """One supervised child process."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        ready: Callable[[], bool],
        start_seconds: int = 60,
        stop_seconds: int = 15,
        stop_signal: int = 15,
        clean_exit: int = 0,
        environment: Mapping[str, str] | None = None,
        account: Account | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Describe the process; nothing is started yet.

        Args:
            name: what messages call it.
            command: program and arguments, without a wrapper.
            log: receives stdout and stderr.
            ready: True once it serves; called a few times a second, must not block for long.
            start_seconds: how long it may take to be ready.
            stop_seconds: how long it may take to end after `stop_signal`; then it is killed.
            stop_signal: asks it to end.
            clean_exit: exit status of an orderly end (143 for a JVM).
            environment: added to ours.
            account: user and group id to run as, when we are root.
            cwd: its working directory.
        """
        self.name = name
        self.log = log
        self._ready = ready
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds
        super().__init__(
            bound_to_parent(command, account=account),
            cwd=None if cwd is None else str(cwd),
            timeout=start_seconds,
            stop_signal=stop_signal,
            expected_returncode=clean_exit,
            envvars=dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=None,
            stderr=subprocess.STDOUT,
        )

    def launch(self) -> None:
        """Start the process without waiting for it; `wait_ready` waits, so that several can start side by side."""
        with self.log.open("ab") as log:
            self._additional_popen_kwargs["stdout"] = log
            spawn(lambda: mirakuru.SimpleExecutor.start(self))

    def wait_ready(self) -> Self:
        """Wait until the process serves.

        Raises:
            ServiceUnavailableError: it was not ready in time; it is stopped.
            DeployError: it ended by itself.
        """
        try:
            self.wait_for(self.check_subprocess)
        except TimeoutExpired:
            raise ServiceUnavailableError(
                f"{self.name} was not ready within {self._start_seconds} s; its log {self.log} ends with:\n{log_tail(self.log)}"
            ) from None
        except ProcessExitedWithError as error:
            raise DeployError(
                f"{self.name} ended with status {error.exit_code}; its log {self.log} ends with:\n{log_tail(self.log)}"
            ) from None
        return self

    def start(self) -> Self:
        """Start the process and wait until it serves; errors are those of `wait_ready`."""
        self.launch()
        return self.wait_ready()

    def ask_to_stop(self) -> None:
        """Send the stop signal without waiting; `halt` waits."""
        if self.process is not None and self.running():
            self.process.send_signal(self._stop_signal)

    def halt(self) -> None:
        """End the process: its stop signal, then, when it does not end in time, SIGKILL. Never raises for how it ended."""
        self._timeout = self._stop_seconds
        try:
            self.stop()
        except ProcessFinishedWithError as error:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"{self.name} ended with status {error.exit_code} when it was stopped\n")
        except ExecutorError as error:
            raise DeployError(f"{self.name} could not be stopped: {error}") from error

    def pre_start_check(self) -> bool:
        """Whether it runs already: never, each run has its own ports and folders."""
        return False

    def after_start_check(self) -> bool:
        """Whether it serves."""
        return self._ready()


@contextmanager
def running(daemons: Sequence[Daemon]) -> Iterator[None]:
    """Start the processes side by side, wait for all, and stop them at the end, within each one's bound.

    Raises:
        DeployError: one of them did not start; the others are stopped.
    """
    try:
        for daemon in daemons:
            daemon.launch()
        for daemon in daemons:
            daemon.wait_ready()
        yield
    finally:
        for daemon in daemons:  # all are asked at once: nodes of a cluster cannot end one after the other
            daemon.ask_to_stop()
        for daemon in reversed(daemons):
            daemon.halt()
