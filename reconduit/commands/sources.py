"""`reconduit sources`: make, change, enable and remove integrations, and store their secrets."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from reconduit.commands.registry_session import Key, actor, checked, connected, moment, opened, print_json, read_mapping, share
from reconduit.integrations.status import Status

__all__ = ["sources"]

sources = typer.Typer(
    name="sources",
    help="Integrations: configured connections to providers, polled by `reconduit supervise`.",
    no_args_is_help=True,
)

_Address = Annotated[str | None, typer.Option(help="Root of the provider's API, or sftp://user@host:port/folder.")]
_PartitionBy = Annotated[str | None, typer.Option(help="reference_number, settlement_id or account_id.")]
_Seconds = Annotated[int | None, typer.Option(help="From one poll to the next.")]
_Flag = Annotated[str | None, typer.Option(help="Poll it only where RECONDUIT_FEATURES has this flag; '' for none.")]
_Options = Annotated[Path | None, typer.Option("--options", help="YAML or JSON file with the connector's options; no secrets.")]


@sources.command()
def create(
    name: Annotated[str, typer.Argument(help="Names the source, and so its topics; never changed.")],
    connector: Annotated[str, typer.Argument(help="A connector that is shipped, such as hdfc.")],
    base_url: _Address = None,
    partition_by: _PartitionBy = None,
    poll_seconds: _Seconds = None,
    feature_flag: _Flag = None,
    options: _Options = None,
) -> None:
    """Make an integration. It is inactive: store its secrets, test it, enable it."""
    from reconduit.integrations.model import IntegrationDraft
    from reconduit.integrations.registry import create_integration

    fields = {"name": name, "connector": connector} | _fields(base_url, partition_by, poll_seconds, feature_flag, options)
    with opened() as (connection, tenant):
        made, _ = create_integration(connection, tenant, checked(IntegrationDraft, fields), actor=actor())
    typer.echo(f"integration {made.name} ({made.integration_id}) is made; store its secrets with `reconduit sources secret`")


@sources.command("list")
def list_all(
    status: Annotated[Status | None, typer.Option(help="Only those with this status.")] = None,
    connector: Annotated[str | None, typer.Option(help="Only those of this connector.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Only those that may be polled now.")] = False,
) -> None:
    """Every integration: name, connector, status, health, errors, last and next sync."""
    from reconduit.integrations.registry import list_integrations

    with opened() as (connection, tenant):
        found = [
            one
            for one in list_integrations(connection, tenant, only_due=due)
            if status in (None, one.status) and connector in (None, one.connector)
        ]
    rows = [("NAME", "CONNECTOR", "STATUS", "HEALTH", "ERRORS", "LAST SYNC", "NEXT SYNC")]
    rows += [
        (
            one.name,
            one.connector,
            one.status.value,
            share(one.health_ppm),
            str(one.error_count),
            moment(one.last_sync_at),
            moment(one.next_sync_at),
        )
        for one in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@sources.command()
def show(key: Key) -> None:
    """One integration as JSON, with the names of its secrets."""
    from reconduit.integrations.registry import find_integration, secret_names

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, key)
        print_json(found.model_dump(mode="json") | {"secrets": secret_names(connection, found)})


@sources.command()
def update(
    key: Key,
    base_url: _Address = None,
    partition_by: _PartitionBy = None,
    poll_seconds: _Seconds = None,
    feature_flag: _Flag = None,
    options: _Options = None,
    version: Annotated[int | None, typer.Option(help="Change it only if it is still at this version.")] = None,
) -> None:
    """Change what is given; an enabled integration is polled anew at once."""
    from reconduit.integrations.model import IntegrationChange
    from reconduit.integrations.registry import change_integration

    change = checked(IntegrationChange, _fields(base_url, partition_by, poll_seconds, feature_flag, options))
    with opened() as (connection, tenant):
        changed = change_integration(connection, tenant, key, change, actor=actor(), expected_version=version)
    typer.echo(f"integration {changed.name} is at version {changed.version}")


@sources.command()
def delete(key: Key) -> None:
    """Remove it with its secrets, authorisations, commands and logs. Its records and its position stay."""
    from reconduit.integrations.registry import delete_integration

    with opened() as (connection, tenant):
        removed = delete_integration(connection, tenant, key)
    typer.echo(f"integration {removed.name} is removed")


@sources.command()
def enable(key: Key) -> None:
    """Poll it from now on. Also says that somebody has acted on what it waited for."""
    _switch(key, wanted=True)


@sources.command()
def disable(key: Key) -> None:
    """Poll it no more."""
    _switch(key, wanted=False)


@sources.command()
def secret(
    key: Key,
    name: Annotated[str, typer.Argument(help="As the connector names it.")],
    file: Annotated[Path | None, typer.Option(help="File that holds the secret; standard input when not given.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Forget it instead.")] = False,
) -> None:
    """Seal a secret in the vault. It is read from a file or from standard input, never from the command line."""
    import re

    from pydantic import SecretStr

    from reconduit.errors import SettingsError
    from reconduit.integrations.model import SECRET_NAME
    from reconduit.integrations.registry import note_secrets_changed, remove_secret
    from reconduit.vault import open_vault

    if not re.fullmatch(SECRET_NAME, name):
        raise typer.BadParameter(f"{name!r} is no name of a secret: small letters, digits and _")
    if remove:
        with opened() as (connection, tenant):
            changed = remove_secret(connection, tenant, key, actor=actor(), name=name)
        typer.echo(f"secret {name} of {changed.name} is removed")
        return
    try:
        value = (sys.stdin.read() if file is None else file.read_text(encoding="utf-8")).rstrip("\n")
    except OSError as error:
        raise SettingsError(f"secret file {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"the secret in {file or 'standard input'} is no UTF-8 text") from None
    if not value:
        raise typer.BadParameter("the secret is empty")
    with opened() as (connection, tenant):
        changed = note_secrets_changed(connection, tenant, key, actor=actor(), name=name)
        open_vault(connected).put_in(connection, tenant, changed.integration_id, name, SecretStr(value))
    typer.echo(f"secret {name} of {changed.name} is sealed")


def _switch(key: str, *, wanted: bool) -> None:
    from reconduit.integrations.registry import set_enabled

    with opened() as (connection, tenant):
        changed = set_enabled(connection, tenant, key, wanted=wanted, actor=actor())
    typer.echo(f"integration {changed.name} is {changed.status}")


def _fields(
    base_url: str | None, partition_by: str | None, poll_seconds: int | None, feature_flag: str | None, options: Path | None
) -> dict[str, Any]:
    given = {"base_url": base_url, "partition_by": partition_by, "poll_seconds": poll_seconds, "feature_flag": feature_flag}
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if feature_flag == "":
        fields["feature_flag"] = None
    if options is not None:
        fields["options"] = read_mapping(options, "options")
    return fields
