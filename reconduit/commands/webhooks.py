"""`reconduit webhooks`: publish what was delivered, publish it again, and show what came to an endpoint."""

from typing import Annotated

import typer

from reconduit.commands.registry_session import Key, opened, print_json

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
        number = replay_events(connection, found.integration_id, since=first, until=end, event_key=event)
    typer.echo(f"{number} events of {found.name} wait to be published again by `reconduit supervise` or `reconduit webhooks relay`")


@webhooks.command()
def show(integration: Key, provider: Annotated[str, typer.Argument(help="Whose endpoint, such as razorpay.")]) -> None:
    """What was delivered to an endpoint, by outcome. Exit status 2 when there is none."""
    from reconduit.errors import SettingsError
    from reconduit.integrations.registry import find_integration
    from reconduit.webhooks.statistics import read_statistics

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, integration)
        told = read_statistics(connection, found.integration_id, provider)
    if told is None:
        raise SettingsError(
            f"integration {found.name} has no webhook of {provider}; open one with PUT /v1/webhooks/{provider}/{found.name}"
        )
    print_json(told.model_dump(mode="json"))
