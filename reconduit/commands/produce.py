"""`reconduit produce SOURCE`: one producer process for one source of the sources file."""

from contextlib import ExitStack, closing
from typing import Annotated

import typer

from reconduit.errors import SettingsError
from reconduit.log import configure_logging
from reconduit.metrics import serve_metrics
from reconduit.settings import Settings, load_settings
from reconduit.sources import SourceConfig, load_sources

__all__ = ["produce"]


def produce(
    source: Annotated[str, typer.Argument(help="Name of a source of the sources file.")],
    once: Annotated[bool, typer.Option("--once", help="End after one complete poll.")] = False,
) -> None:
    """Poll SOURCE and publish its records until stopped, or with --once until one complete poll."""
    from producers.kit.cursors import CursorStore
    from producers.kit.object_store import FolderObjectStore
    from producers.kit.publisher import Publisher
    from producers.kit.registry import build_connector
    from producers.kit.runner import ProducerRunner
    from producers.kit.topics import TopicSettings
    from schemas.wire import WireEncoder

    settings = load_settings()
    configure_logging("produce", settings.log_level, source=source)
    config = _source(settings, source)
    with ExitStack() as stack:
        if settings.metrics_port is not None:
            server = serve_metrics(settings.metrics_port)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        publisher = Publisher(
            settings.kafka_bootstrap_servers,
            config,
            WireEncoder(settings.schema_registry_url),
            partitions=TopicSettings().partitions,
            mock=settings.kafka_mock,
        )
        cursors = CursorStore(settings.dsn(), config)
        connector = build_connector(config)
        for part in (publisher, cursors, connector):
            stack.enter_context(closing(part))
        runner = ProducerRunner(config, connector, publisher, cursors, FolderObjectStore(settings.objects))
        runner.install_signal_handlers()
        runner.run(once=once)


def _source(settings: Settings, name: str) -> SourceConfig:
    sources = {config.name: config for config in load_sources(settings.sources_file)}
    if name not in sources:
        known = ", ".join(sources) or "none"
        raise SettingsError(f"{settings.sources_file} has no source {name!r}; it has {known}")
    return sources[name]
