"""The rounds of an integration's producer: how each poll went is told to the registry, and commands are carried out between."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import structlog
from psycopg import sql

from producers.errors import LeaseLostError, RateLimitError
from producers.kit.assembly import Outlets
from producers.supervisor.failures import action_of, failure_of, told
from producers.supervisor.on_demand import publish_again, try_connection
from reconduit.integrations.commands import Command, finish_command, open_commands, take_command
from reconduit.integrations.model import Integration
from reconduit.integrations.outcomes import record_failure, record_success
from reconduit.integrations.registry import CHANNEL
from reconduit.integrations.status import Standing, is_resting
from reconduit.sources import SourceConfig

__all__ = ["IntegrationRounds"]

_NEVER = float("inf")
_LOOK_SECONDS = 5.0
"""Between two looks for commands when no notification comes."""
_MOST_ATTEMPTS = 3
"""A command during which the producer died so often is given up."""

_COUNTS = "SELECT fetched, published FROM source_progress WHERE tenant_id = %s AND source = %s"
_log = structlog.get_logger("produce")


class IntegrationRounds:
    """What happens between the polls of one integration.

    Args:
        connect: opens an autocommit connection.
        integration: as it was when the process started; a change by an operator starts another process.
        config: its source.
        outlets: where its pages go.
        fencing_token: of the lease under which it is polled.
        only_commands: end when no command is left, and poll only for commands.
        now: aware UTC time.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        integration: Integration,
        config: SourceConfig,
        outlets: Outlets,
        fencing_token: int,
        *,
        only_commands: bool = False,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._connect = connect
        self._integration = integration
        self._config = config
        self._outlets = outlets
        self._token = fencing_token
        self._only_commands = only_commands
        self._now = now
        self._connection: psycopg.Connection[Any] | None = None
        self._syncs: list[Command] = []
        self._counts = (0, 0)
        self._paused = is_resting(integration.status)

    def first_wait(self) -> float:
        """Until the stored time of the next poll; for ever when an operator must act first."""
        if self._only_commands or self._paused:
            return _NEVER
        due = self._integration.next_sync_at
        return 0.0 if due is None else max(0.0, (due - self._now()).total_seconds())

    def completed(self) -> float:
        """Tell of a complete poll and finish the commands that asked for it.

        Raises:
            LeaseLostError: the source is somebody else's.
        """
        wait = float(self._config.poll_seconds)
        self._paused = False

        def tell(connection: psycopg.Connection[Any]) -> None:
            with connection.transaction():
                standing = record_success(
                    connection, self._integration.integration_id, fencing_token=self._token, wait=dt.timedelta(seconds=wait)
                )
                self._require_lease(standing)
                fetched, published = (after - before for after, before in zip(self._count(connection), self._counts, strict=True))
                self._finish_syncs(connection, {"result": "done", "fetched": fetched, "published": published})

        self._with_registry(tell)
        return wait

    def failed(self, error: Exception, wait: float) -> float:
        """Tell of a failed poll and finish the commands that asked for it.

        Raises:
            LeaseLostError: the source is somebody else's.
        """
        if isinstance(error, LeaseLostError):
            raise error
        failure, reason, action = failure_of(error), told(error), action_of(error)

        def tell(connection: psycopg.Connection[Any]) -> None:
            with connection.transaction():
                standing = record_failure(
                    connection,
                    self._integration.integration_id,
                    failure,
                    reason,
                    fencing_token=self._token,
                    wait=dt.timedelta(seconds=wait),
                    action=action,
                )
                self._paused = is_resting(self._require_lease(standing).status)
                outcome = {"result": "failed", "failure": failure.value, "error": reason, "action": action}
                self._finish_syncs(connection, outcome)

        self._with_registry(tell)
        pause = _NEVER if self._paused else wait
        self._paused = self._paused or isinstance(error, RateLimitError)
        return pause

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Carry out commands until `seconds` are over, one asks for a poll, or, with `only_commands`, none is left."""
        deadline = time.monotonic() + seconds
        while not stopping.is_set():
            reached = self._with_registry(self._carry_out)
            if self._syncs:
                return
            if self._only_commands and reached:
                stopping.set()
                return
            left = deadline - time.monotonic()
            if left <= 0:
                return
            if not self._with_registry(partial(_await_notice, seconds=min(left, _LOOK_SECONDS))):
                stopping.wait(min(left, 1.0))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _carry_out(self, connection: psycopg.Connection[Any]) -> None:
        """Carry out what waits; a plain sync is only noted, for the runner to poll."""
        for command in open_commands(connection, self._integration.integration_id):
            if take_command(connection, command) > _MOST_ATTEMPTS:
                self._finish(connection, command, {"result": "failed", "error": "the producer died of it again and again"})
            elif command.kind == "sync" and not command.sync.is_ranged:
                self._note_sync(connection, command)
            else:
                self._finish(connection, command, self._outcome(command))

    def _note_sync(self, connection: psycopg.Connection[Any], command: Command) -> None:
        if self._paused and not command.sync.force:
            refusal = "an operator must act first, or the provider asked for a pause; force it to poll all the same"
            self._finish(connection, command, {"result": "refused", "error": refusal})
            return
        if not self._syncs:
            self._counts = self._count(connection)
        self._syncs.append(command)

    def _outcome(self, command: Command) -> dict[str, Any]:
        try:
            if command.kind == "test":
                return try_connection(self._config, self._outlets.cursors.load().cursor, self._now())
            return publish_again(self._config, self._outlets, command.sync, self._now())
        except Exception as error:  # noqa: BLE001  whatever a connector raises is the outcome that was asked for
            failure = failure_of(error)
            _log.warning("command failed", kind=command.kind, error=told(error), exc_info=error)
            return {"result": "failed", "failure": failure.value, "error": told(error), "action": action_of(error)}

    @staticmethod
    def _finish(connection: psycopg.Connection[Any], command: Command, outcome: dict[str, Any]) -> None:
        with connection.transaction():
            finish_command(connection, command, outcome)

    def _finish_syncs(self, connection: psycopg.Connection[Any], outcome: dict[str, Any]) -> None:
        for command in self._syncs:
            finish_command(connection, command, outcome)
        self._syncs = []

    def _count(self, connection: psycopg.Connection[Any]) -> tuple[int, int]:
        row = connection.execute(_COUNTS, (self._config.tenant_id, self._config.name)).fetchone()
        return (0, 0) if row is None else (row[0], row[1])

    def _require_lease(self, standing: Standing | None) -> Standing:
        if standing is None:
            raise LeaseLostError(f"source {self._config.name}: its lease or its integration is gone; this producer ends")
        return standing

    def _with_registry(self, work: Callable[[psycopg.Connection[Any]], None]) -> bool:
        """Do something on a live connection that listens; False when Postgres is away.

        What was to be told then is only logged: status and health are what the next poll makes of them, and commands stay open.
        """
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
                self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            work(self._connection)
        except psycopg.OperationalError as error:
            self.close()
            _log.warning("registry not reached", error=type(error).__name__)
            return False
        return True


def _await_notice(connection: psycopg.Connection[Any], seconds: float) -> None:
    for _ in connection.notifies(timeout=seconds, stop_after=1):
        pass
