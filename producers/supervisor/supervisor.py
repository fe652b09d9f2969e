"""The supervisor: looks what should run, takes the leases that are free, and keeps one process for each source that it holds.

Any number of supervisors may run. They need not know of each other: the leases decide who polls what.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg
import structlog
from psycopg import sql

from producers.supervisor.expiry_watch import tell_ending_authorisations
from producers.supervisor.holding import DEATHS_TOLD, Holding
from producers.supervisor.leases import Leases, SourceKey
from producers.supervisor.metrics import DEATHS, LEASES, RUNNING
from producers.supervisor.process import ProducerProcess
from producers.supervisor.targets import Target, file_targets, integration_targets
from reconduit.errors import SettingsError
from reconduit.integrations.outcomes import record_failure
from reconduit.integrations.registry import CHANNEL
from reconduit.integrations.status import Failure

__all__ = ["StopPort", "Supervisor"]

_TICK_SECONDS = 0.2
_LOOKS_PER_LEASE = 4
"""A lease is renewed so often before it would run out."""
_LONGEST_LOOK = 5.0
_WATCH_SECONDS = 60.0
"""Between two looks for authorisations that are about to end."""

_log = structlog.stdlib.get_logger("supervise")


class StopPort(Protocol):
    """What the supervisor needs of `reconduit.signals.Stop`."""

    def __call__(self) -> bool:
        """Whether to stop."""
        ...

    def wait(self, seconds: float) -> bool:
        """Sleep, less when told to stop."""
        ...


class Supervisor:
    """Runs producers until told to stop.

    Args:
        connect: opens an autocommit connection.
        sources_file: sources besides the integrations; need not be there.
        leases: decide who polls what.
        flags: feature flags that are on.
        stop: tells when to stop.
        start: starts a producer with the arguments of a child.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        sources_file: Path,
        leases: Leases,
        flags: frozenset[str],
        stop: StopPort,
        *,
        start: Callable[[tuple[str, ...]], ProducerProcess] = ProducerProcess,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._start = start
        self._sources_file = sources_file
        self._leases = leases
        self._flags = flags
        self._stop = stop
        self._clock = clock
        self._connection: psycopg.Connection[Any] | None = None
        self._from_file: dict[SourceKey, Target] = {}
        self._held: dict[SourceKey, Holding] = {}
        self._look_at = 0.0
        self._watch_at = 0.0
        self._renewed_at = clock()

    def run(self) -> None:
        """Supervise until told to stop; then end every producer and give every lease back."""
        try:
            while not self._stop():
                self._guarded(self._look if self._clock() >= self._look_at else self._mind)
                self._give_up_what_ran_out()
                self._pause()
        finally:
            self._end()

    def _guarded(self, step: Callable[[psycopg.Connection[Any]], None]) -> None:
        """Take a step; while Postgres is away, producers go on as long as their leases last."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
                self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            step(self._connection)
        except psycopg.OperationalError as error:
            _log.warning("Postgres not reached", error=type(error).__name__)
            self._disconnect()

    def _look(self, connection: psycopg.Connection[Any]) -> None:
        """Renew, see what should run, and take what is free."""
        for key in self._leases.renew(connection, {key: one.fencing_token for key, one in self._held.items()}):
            _log.warning("lease lost", source=key[1])
            self._held[key].drop()
        self._renewed_at = self._clock()
        wanted = self._wanted(connection)
        for key, holding in self._held.items():
            holding.aim(wanted.get(key))
        for key, token in self._leases.acquire(connection, wanted.keys() - self._held.keys()).items():
            self._held[key] = Holding(wanted[key], token, start=self._start, clock=self._clock)
        if self._clock() >= self._watch_at:
            self._watch_at = self._clock() + _WATCH_SECONDS
            tell_ending_authorisations(connection, self._leases.holder)
        self._look_at = self._clock() + min(self._leases.seconds / _LOOKS_PER_LEASE, _LONGEST_LOOK)
        self._mind(connection)

    def _wanted(self, connection: psycopg.Connection[Any]) -> dict[SourceKey, Target]:
        try:
            self._from_file = file_targets(self._sources_file)
        except SettingsError as error:
            _log.error("sources file not taken; its former sources go on", error=str(error))
        found = integration_targets(connection, self._flags)
        for key in found.keys() & self._from_file.keys():
            _log.error("integration not polled: the sources file has a source of its name", source=key[1])
        return found | self._from_file

    def _mind(self, connection: psycopg.Connection[Any]) -> None:
        for key, holding in list(self._held.items()):
            if holding.mind():
                DEATHS.labels(key[1]).inc()
                if holding.deaths >= DEATHS_TOLD:
                    self._tell_deaths(connection, holding)
            if holding.is_over:
                self._leases.release(connection, key, holding.fencing_token)
                del self._held[key]
                # A command may have come while the producer that carried out the ones before was ending.
                self._look_at = 0.0
        LEASES.set(len(self._held))
        RUNNING.set(sum(one.process is not None for one in self._held.values()))

    def _tell_deaths(self, connection: psycopg.Connection[Any], holding: Holding) -> None:
        if holding.target is None or holding.target.integration_id is None:
            return
        with connection.transaction():
            record_failure(
                connection,
                holding.target.integration_id,
                Failure.INTERNAL,
                f"its producer ended {holding.deaths} times in a row; the supervisor's log has its last words",
                fencing_token=holding.fencing_token,
                wait=None,
            )

    def _give_up_what_ran_out(self) -> None:
        """When leases could not be renewed in time, somebody else may be polling."""
        if self._held and self._clock() - self._renewed_at > self._leases.seconds:
            _log.error("leases ran out while Postgres was away; producers are ended", sources=len(self._held))
            for holding in self._held.values():
                holding.drop()

    def _pause(self) -> None:
        """Wait a moment; a notification makes the next look come at once."""
        if self._connection is None:
            self._stop.wait(_TICK_SECONDS)
            return
        try:
            if any(True for _ in self._connection.notifies(timeout=_TICK_SECONDS, stop_after=1)):
                self._look_at = 0.0
        except psycopg.OperationalError:
            self._disconnect()

    def _end(self) -> None:
        for holding in self._held.values():
            holding.aim(None)
        while any(not one.is_over for one in self._held.values()):
            for holding in self._held.values():
                holding.mind()
            time.sleep(0.05)
        self._guarded(self._mind)
        self._disconnect()
        _log.info("stopped")

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
