"""Commands to an integration: an operator leaves a row, the producer that holds the source's lease carries it out.

A command is taken any number of times and finished once. Whoever takes it may die; the next holder of the lease takes it again,
which is harmless, since polling and testing repeat themselves without harm.
"""

import datetime as dt
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, model_validator

from reconduit.integrations.errors import CommandRefusedError, UnknownIntegrationError
from reconduit.integrations.events import write_event
from reconduit.integrations.model import Integration
from reconduit.integrations.registry import notify
from reconduit.integrations.status import is_resting

__all__ = [
    "Command",
    "SyncArguments",
    "finish_command",
    "open_commands",
    "read_command",
    "request_due_syncs",
    "request_sync",
    "request_test",
    "take_command",
]

_MOST_OPEN = 20
_KEPT = 200
"""Finished commands that are kept for each integration."""

_TRIM = """
DELETE FROM integration_command WHERE integration_id = %(id)s AND finished_at IS NOT NULL AND requested_at < (
    SELECT requested_at FROM integration_command WHERE integration_id = %(id)s ORDER BY requested_at DESC OFFSET %(kept)s LIMIT 1)
"""
_DUE = """
SELECT integration_id FROM integration i WHERE tenant_id = %s AND enabled AND status = ANY(%s)
  AND (next_sync_at IS NULL OR next_sync_at <= now())
  AND NOT EXISTS (SELECT FROM integration_command c
                  WHERE c.integration_id = i.integration_id AND c.kind = 'sync' AND c.finished_at IS NULL)
ORDER BY name
"""


class SyncArguments(BaseModel):
    """How a sync on demand differs from a poll.

    Without days it is a poll from the stored position. With days it reads from the source's beginning and publishes again what
    was booked on them (UTC, both inclusive); the stored position stays, and consumers drop what they have.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    force: bool = Field(default=False, description="poll although the provider refused the credentials or asked for a pause")
    from_date: dt.date | None = Field(default=None, description="first booking day to publish again")
    to_date: dt.date | None = Field(default=None, description="last booking day to publish again")

    @model_validator(mode="after")
    def _is_a_period(self) -> "SyncArguments":
        if self.from_date is not None and self.to_date is not None and self.to_date < self.from_date:
            raise ValueError("to_date is before from_date")
        return self

    @property
    def is_ranged(self) -> bool:
        """Whether days are named."""
        return self.from_date is not None or self.to_date is not None

    def covers(self, day: dt.date) -> bool:
        """Whether a booking day is within the days that are named."""
        return (self.from_date is None or self.from_date <= day) and (self.to_date is None or day <= self.to_date)


class Command(BaseModel):
    """A command as it is stored.

    Attributes:
        attempts: how often a producer began with it.
        outcome: `result` done, failed or refused, and what came of it; None until it is finished.
    """

    model_config = ConfigDict(frozen=True)

    command_id: UUID
    integration_id: UUID
    kind: Literal["sync", "test"]
    arguments: dict[str, Any]
    requested_by: str
    requested_at: dt.datetime
    attempts: int
    taken_at: dt.datetime | None
    finished_at: dt.datetime | None
    outcome: dict[str, Any] | None

    @property
    def sync(self) -> SyncArguments:
        """Arguments of a sync."""
        return SyncArguments.model_validate(self.arguments)


def request_sync(connection: psycopg.Connection[Any], integration: Integration, arguments: SyncArguments, *, actor: str) -> Command:
    """Ask for a sync.

    Raises:
        CommandRefusedError: somebody must act first and it is not forced; or too many commands wait.
    """
    if is_resting(integration.status) and not arguments.force:
        raise CommandRefusedError(
            f"integration {integration.name} is {integration.status}. {integration.action_needed} Or force it to poll all the same."
        )
    return _request(connection, integration.integration_id, "sync", arguments.model_dump(mode="json"), actor)


def request_test(connection: psycopg.Connection[Any], integration: Integration, *, actor: str) -> Command:
    """Ask for a test: the connector is built and fetches its first page, which is thrown away.

    Raises:
        CommandRefusedError: too many commands wait.
    """
    return _request(connection, integration.integration_id, "test", {}, actor)


def request_due_syncs(connection: psycopg.Connection[Any], tenant: str, *, actor: str) -> list[Command]:
    """Ask for a sync of every enabled integration whose next poll is due and that no command waits for, by name."""
    arguments = SyncArguments().model_dump(mode="json")
    with connection.cursor(row_factory=dict_row) as cursor:
        due = [row["integration_id"] for row in cursor.execute(_DUE, (tenant, ["active", "error", "outdated"]))]
    return [_request(connection, integration_id, "sync", arguments, actor) for integration_id in due]


def read_command(connection: psycopg.Connection[Any], integration: Integration, command_id: str | UUID) -> Command:
    """One command.

    Raises:
        UnknownIntegrationError: the integration has no such command, or no longer.
    """
    unknown = UnknownIntegrationError(f"integration {integration.name} has no command {command_id}; the oldest are forgotten")
    try:
        number = UUID(str(command_id))
    except ValueError:
        raise unknown from None
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "SELECT * FROM integration_command WHERE integration_id = %s AND command_id = %s",
            (integration.integration_id, number),
        ).fetchone()
    if row is None:
        raise unknown
    return Command.model_validate(row)


def open_commands(connection: psycopg.Connection[Any], integration_id: UUID) -> list[Command]:
    """Commands that are not finished, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM integration_command WHERE integration_id = %s AND finished_at IS NULL ORDER BY requested_at, command_id",
            (integration_id,),
        ).fetchall()
    return [Command.model_validate(row) for row in rows]


def take_command(connection: psycopg.Connection[Any], command: Command) -> int:
    """Note that a producer begins with it; returns how often one has, with this time."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "UPDATE integration_command SET taken_at = now(), attempts = attempts + 1 "
            "WHERE command_id = %s AND finished_at IS NULL RETURNING attempts",
            (command.command_id,),
        ).fetchone()
    return 0 if row is None else int(row["attempts"])


def finish_command(connection: psycopg.Connection[Any], command: Command, outcome: dict[str, Any]) -> bool:
    """Store what came of it; False when it was finished already, and nothing is changed."""
    plain = {name: value.replace("\x00", "\\x00") if isinstance(value, str) else value for name, value in outcome.items()}
    done = connection.execute(
        "UPDATE integration_command SET finished_at = now(), outcome = %s WHERE command_id = %s AND finished_at IS NULL",
        (Jsonb(plain), command.command_id),
    )
    if done.rowcount != 1:
        return False
    level: Literal["info", "warning"] = "info" if plain["result"] == "done" else "warning"
    write_event(connection, command.integration_id, level, f"{command.kind} finished", plain | {"command": str(command.command_id)})
    connection.execute(_TRIM, {"id": command.integration_id, "kept": _KEPT})
    return True


def _request(
    connection: psycopg.Connection[Any], integration_id: UUID, kind: str, arguments: dict[str, Any], actor: str
) -> Command:
    waiting = len(open_commands(connection, integration_id))
    if waiting >= _MOST_OPEN:
        raise CommandRefusedError(f"{waiting} commands wait already; is a supervisor running (`reconduit supervise`)?")
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "INSERT INTO integration_command (command_id, integration_id, kind, arguments, requested_by, attempts) "
            "VALUES (%s, %s, %s, %s, %s, 0) RETURNING *",
            (uuid4(), integration_id, kind, Jsonb(arguments), actor),
        ).fetchone()
    notify(connection, integration_id)
    return Command.model_validate(row)
