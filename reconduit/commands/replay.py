"""`reconduit replay`: rebuild results from the log."""

from typing import Annotated

import typer

__all__ = ["replay"]


def replay(
    since: Annotated[str, typer.Option("--from", help="'beginning', or a time such as 2026-11-20T00:00:00Z")],
    group: Annotated[
        str, typer.Option(help="The consumer group whose results are made again; its workers may go on.")
    ] = "reconduit",
) -> None:
    """Throw away what was made of the log since `--from`, make it again, and compare the decision digests.

    Exit status 0 when every decision is the same, 1 when one differs, 2 when the replay cannot be done.
    """
    import psycopg
    from confluent_kafka import Consumer

    from consumers.group import consumer_settings
    from consumers.replay import Replay
    from consumers.service import ReconcileService
    from consumers.session import connect_worker
    from consumers.worker import Worker
    from reconduit.integrations.known_sources import file_sources, known_sources
    from reconduit.log import configure_logging
    from reconduit.moments import parse_moment
    from reconduit.reconciliations import load_reconciliations
    from reconduit.settings import load_settings
    from schemas.registry import open_registry

    settings = load_settings()
    configure_logging("replay", "WARNING")
    moment = None if since == "beginning" else parse_moment(since)
    reconciliations = load_reconciliations(settings.reconciliations)
    consumer = consumer_settings(settings.kafka_bootstrap_servers, group, mock=settings.kafka_mock)
    lookup = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": f"{group}-lookup"})
    try:
        with psycopg.connect(settings.dsn()) as connection:
            sources = known_sources(connection, file_sources(settings.sources_file))
            connection.rollback()
            done = Replay(connection, lookup, sources, reconciliations, group).run(
                moment,
                lambda stopping: Worker(
                    Consumer(consumer),
                    lambda: connect_worker(settings.dsn()),
                    ReconcileService(sources, reconciliations, open_registry(settings.schema_registry_url)),
                    group,
                    stopping=stopping,
                ),
            )
    finally:
        lookup.close()
    typer.echo(f"{done.removed} records were read again")
    for name in sorted(done.before.keys() | done.after.keys()):
        was, now = done.before.get(name, "nothing"), done.after.get(name, "nothing")
        typer.echo(f"{name}: {now[:16]} {'as before' if was == now else f'DIFFERS, was {was[:16]}'}")
    raise typer.Exit(0 if done.equal else 1)
