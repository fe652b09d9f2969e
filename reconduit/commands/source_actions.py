"""`reconduit sources test|sync|sync-due|outcome|status|logs|health`: ask something of an integration, and see how it fares."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reconduit.commands.registry_session import Key, actor, checked, moment, opened, print_json, share

if TYPE_CHECKING:
    import psycopg

    from reconduit.integrations.commands import Command
    from reconduit.integrations.model import Integration

__all__ = ["health", "logs", "outcome", "status", "sync", "sync_due", "test"]

_Wait = Annotated[int, typer.Option(min=0, help="Seconds to wait for the outcome.")]


def test(key: Key, wait: _Wait = 60) -> None:
    """Try the connection: build the connector and fetch one page, which is thrown away.

    Exit status 0: done, or still open without --wait; 1: it failed, or nobody carried it out in time.
    """
    from reconduit.integrations.commands import request_test

    _command(key, wait, lambda connection, found: request_test(connection, found, actor=actor()))


def sync(
    key: Key,
    force: Annotated[bool, typer.Option("--force", help="Also when the provider refused, or asked for a pause.")] = False,
    from_date: Annotated[str | None, typer.Option(help="Publish again what was booked from this day on, YYYY-MM-DD.")] = None,
    to_date: Annotated[str | None, typer.Option(help="... up to this day.")] = None,
    wait: _Wait = 0,
) -> None:
    """Poll it now, also when it is disabled.

    Exit status 0: done, or still open without --wait; 1: it failed, or nobody carried it out in time.
    """
    from reconduit.integrations.commands import SyncArguments, request_sync

    arguments = checked(SyncArguments, {"force": force, "from_date": from_date, "to_date": to_date})
    _command(key, wait, lambda connection, found: request_sync(connection, found, arguments, actor=actor()))


def outcome(key: Key, command: Annotated[str, typer.Argument(metavar="ID", help="As `test` or `sync` printed it.")]) -> None:
    """A test or a sync that was asked for, and what came of it; null until it is finished."""
    from reconduit.integrations.commands import read_command
    from reconduit.integrations.registry import find_integration

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, key)
        print_json(read_command(connection, found, command).model_dump(mode="json"))


def sync_due() -> None:
    """Ask for a sync of every enabled integration whose next poll is due."""
    from reconduit.integrations.commands import request_due_syncs

    with opened() as (connection, tenant):
        made = request_due_syncs(connection, tenant, actor=actor())
    typer.echo(f"{len(made)} asked for")


def status(key: Key) -> None:
    """Where it stands, why, and what you must do. Exit status 1 when you must do something."""
    found = _found(key)
    typer.echo(f"{found.name}: {found.status}" + (f": {found.status_reason}" if found.status_reason else ""))
    if found.action_needed:
        typer.echo(f"to do: {found.action_needed}")
        raise typer.Exit(1)


def logs(
    key: Key,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many events.")] = 50,
    level: Annotated[Literal["info", "warning", "error"] | None, typer.Option(help="Only those of this level.")] = None,
) -> None:
    """What happened to it, latest last, as JSON lines."""
    import json

    from reconduit.integrations.events import read_events
    from reconduit.integrations.registry import find_integration

    with opened() as (connection, tenant):
        events = read_events(connection, find_integration(connection, tenant, key).integration_id, limit, level)
    for event in reversed(events):
        typer.echo(json.dumps(event, default=str, ensure_ascii=False))


def health(key: Key) -> None:
    """Its health from 0 to 1, the polls behind it, and the circuit to its provider."""
    from reconduit.integrations.circuit import stored_circuit
    from reconduit.integrations.registry import find_integration

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, key)
        circuit = stored_circuit(connection, found)
    typer.echo(
        f"{found.name}: health {share(found.health_ppm)}, {found.error_count} errors since the last complete poll; "
        f"last sync {moment(found.last_sync_at)}, next {moment(found.next_sync_at)}"
    )
    if circuit is not None:
        typer.echo(f"{found.name}: {circuit}")


def _found(key: str) -> "Integration":
    from reconduit.integrations.registry import find_integration

    with opened() as (connection, tenant):
        return find_integration(connection, tenant, key)


def _command(key: str, wait: int, request: "Callable[[psycopg.Connection[Any], Integration], Command]") -> None:
    import time

    from reconduit.integrations.commands import read_command
    from reconduit.integrations.registry import find_integration

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, key)
        command = request(connection, found)
    deadline = time.monotonic() + wait
    while command.finished_at is None and time.monotonic() < deadline:
        time.sleep(0.2)
        with opened() as (connection, _):
            command = read_command(connection, found, command.command_id)
    print_json(command.model_dump(mode="json"))
    if (command.outcome or {}).get("result") != "done" and wait:
        if command.outcome is None:
            typer.echo("nobody has carried it out yet; is a supervisor running (`reconduit supervise`)?", err=True)
        raise typer.Exit(1)
