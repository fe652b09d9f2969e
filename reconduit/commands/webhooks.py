"""`reconduit webhooks`: publish what was delivered, publish it again, and show what came to an endpoint."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from reconduit.commands.registry_session import Key, actor, connected, opened, print_json, read_mapping

__all__ = ["webhooks"]

webhooks = typer.Typer(
    name="webhooks",
    help="Events that providers deliver to /v1/webhooks: relayed to Kafka, each a reason to poll its source now.",
    no_args_is_help=True,
)

_Time = Annotated[str | None, typer.Option(metavar="TIME", help="RFC 3339 with a zone, such as 2026-11-21T00:00:00Z.")]


@webhooks.command()
def relay(once: Annotated[bool, typer.Option("--once", help="End when nothing waits.")] = False) -> None:
    """Publish events to <source>_events and ask for a sync of their sources, until stopped. Several may run.

    `reconduit supervise` does the same beside its other work.
    """
    from producers.webhooks.assembly import relay_of
    from producers.webhooks.settings import RelaySettings
    from reconduit.log import configure_logging
    from reconduit.settings import load_settings, settings_of
    from reconduit.signals import Stop

    settings = load_settings()
    configure_logging("webhooks", settings.log_level)
    with relay_of(settings, settings_of(RelaySettings)) as worker:
        if once:
            typer.echo(f"{worker.relay()} events are published")
        else:
            worker.run(Stop())


_Provider = Annotated[str, typer.Argument(help="Whose scheme signs, such as razorpay.")]


@webhooks.command("open")
def open_endpoint(
    integration: Key,
    provider: _Provider,
    secret_file: Annotated[list[Path] | None, typer.Option(help="File with a secret; again for each that may sign.")] = None,
    settings: Annotated[Path | None, typer.Option(help="YAML or JSON file with settings of the scheme; no secrets.")] = None,
) -> None:
    """Open an endpoint, or replace its settings and all its secrets. One secret may come from standard input.

    To rotate: give the new secret together with the old one, and the new one alone when the provider's retries are over.
    """
    from pydantic import SecretStr

    from reconduit.integrations.registry import find_integration
    from reconduit.sources import SecretRef
    from reconduit.vault import open_vault
    from reconduit.webhooks.endpoints import put_endpoint

    secrets = [SecretRef(file=path).resolve() for path in secret_file or []] or [SecretStr(sys.stdin.read().rstrip("\n"))]
    if not all(secret.get_secret_value() for secret in secrets):
        raise typer.BadParameter("a secret is empty")
    given = {} if settings is None else read_mapping(settings, "settings")
    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, integration, lock=True)
        put_endpoint(connection, open_vault(connected), found, provider, given, secrets, actor=actor())
    typer.echo(f"webhook of {provider} is open: POST /v1/webhooks/{provider}/{found.name}")


@webhooks.command()
def close(integration: Key, provider: _Provider) -> None:
    """Take no more deliveries and forget the secrets. Events and counts stay."""
    from reconduit.errors import SettingsError
    from reconduit.integrations.registry import find_integration
    from reconduit.webhooks.endpoints import close_endpoint

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, integration, lock=True)
        if not close_endpoint(connection, found, provider, actor=actor()):
            raise SettingsError(f"integration {found.name} has no webhook of {provider}")
    typer.echo(f"webhook of {provider} is closed")


@webhooks.command()
def replay(
    integration: Key,
    since: _Time = None,
    until: _Time = None,
    event: Annotated[str | None, typer.Option(metavar="KEY", help="Only this one, such as id:evt_1.")] = None,
) -> None:
    """Let events that were received from --since until before --until be published and acted on again.

    They keep their `ce_id`; `ce_publication` tells the repetition.
    """
    from reconduit.integrations.registry import find_integration
    from reconduit.moments import parse_moment
    from reconduit.webhooks.events import replay_events

    first = None if since is None else parse_moment(since)
    end = None if until is None else parse_moment(until)
    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, integration)
        number = replay_events(connection, found.integration_id, actor=actor(), since=first, until=end, event_key=event)
    typer.echo(f"{number} events of {found.name} wait to be published again by `reconduit supervise` or `reconduit webhooks relay`")


@webhooks.command()
def show(integration: Key, provider: _Provider) -> None:
    """What was delivered to an endpoint, by outcome. Exit status 2 when there is none."""
    from reconduit.errors import SettingsError
    from reconduit.integrations.registry import find_integration
    from reconduit.webhooks.statistics import read_statistics

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, integration)
        told = read_statistics(connection, found.integration_id, provider)
    if told is None:
        way_out = f"open one with `reconduit webhooks open {found.name} {provider}`"
        raise SettingsError(f"integration {found.name} has no webhook of {provider}; {way_out}")
    print_json(told.model_dump(mode="json"))
