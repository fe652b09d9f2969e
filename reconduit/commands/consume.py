"""`reconduit consume`: one worker of the group that stores and reconciles."""

from typing import Annotated

import typer

__all__ = ["consume"]


def consume(
    group: Annotated[str, typer.Option(help="Consumer group; workers of one group share the partitions.")] = "reconduit",
    rows: Annotated[int, typer.Option(help="Most records of a batch, one transaction.")] = 20_000,
    linger_milliseconds: Annotated[int, typer.Option(help="Longest wait for a batch to fill.")] = 500,
) -> None:
    """Store and reconcile what producers publish, until SIGTERM. Run as many as there are cores; they share the partitions.

    Read are the topics of the sources file and of every integration, those that are made while it runs included.
    """
    from confluent_kafka import Consumer

    from consumers.group import consumer_settings
    from consumers.intake import BatchSize
    from consumers.service import ReconcileService
    from consumers.session import connect_worker
    from consumers.worker import Worker
    from reconduit.integrations.known_sources import file_sources, known_sources
    from reconduit.log import configure_logging
    from reconduit.metrics import serve_metrics
    from reconduit.reconciliations import load_reconciliations
    from reconduit.settings import load_settings
    from reconduit.signals import Stop
    from schemas.registry import open_registry

    settings = load_settings()
    configure_logging("consume", settings.log_level)
    stop = Stop()
    if settings.metrics_port is not None:
        serve_metrics(settings.metrics_port)
    sources = file_sources(settings.sources_file)
    service = ReconcileService(
        sources,
        load_reconciliations(settings.reconciliations),
        open_registry(settings.schema_registry_url),
        look=lambda connection: known_sources(connection, sources),
    )
    worker = Worker(
        Consumer(consumer_settings(settings.kafka_bootstrap_servers, group, mock=settings.kafka_mock)),
        lambda: connect_worker(settings.dsn()),
        service,
        group,
        size=BatchSize(rows=rows, milliseconds=linger_milliseconds),
        stopping=stop,
    )
    worker.run()
