"""`reconduit produce SOURCE`: one producer process for one source of the sources file."""

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated

import typer

from reconduit.errors import SettingsError

if TYPE_CHECKING:
    from reconduit.settings import Settings
    from reconduit.sources import SourceConfig

__all__ = ["produce"]


def produce(
    source: Annotated[str, typer.Argument(help="Name of a source of the sources file.")],
    once: Annotated[bool, typer.Option("--once", help="End after one complete poll.")] = False,
) -> None:
    """Poll SOURCE and publish its records until stopped, or with --once until one complete poll."""
    from producers.kit.assembly import outlets_of
    from producers.kit.registry import build_connector
    from producers.kit.runner import ProducerRunner
    from reconduit.log import configure_logging
    from reconduit.metrics import serve_metrics
    from reconduit.settings import load_settings

    settings = load_settings()
    configure_logging("produce", settings.log_level, source=source)
    config = _source(settings, source)
    with ExitStack() as stack:
        if settings.metrics_port is not None:
            server = serve_metrics(settings.metrics_port)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        outlets = stack.enter_context(outlets_of(settings, config))
        connector = stack.enter_context(closing(build_connector(config)))
        runner = ProducerRunner(config, connector, outlets.publisher, outlets.cursors, outlets.objects)
        runner.install_signal_handlers()
        runner.run(once=once)


def _source(settings: "Settings", name: str) -> "SourceConfig":
    from reconduit.sources import load_sources

    sources = {config.name: config for config in load_sources(settings.sources_file)}
    if name not in sources:
        known = ", ".join(sources) or "none"
        raise SettingsError(f"{settings.sources_file} has no source {name!r}; it has {known}")
    return sources[name]
