"""One producer process of a supervisor, for a source of the sources file or for an integration.

Its standard input is a pipe whose other end only the supervisor holds. However the supervisor dies, the pipe ends and the producer
stops, so that no process is left behind.
"""

import argparse
import os
import signal
import sys
import threading
from contextlib import closing
from functools import partial
from uuid import UUID

import psycopg

from producers.errors import LeaseLostError
from producers.kit.assembly import outlets_of
from producers.kit.http.recording_switch import record_until
from producers.kit.runner import ProducerRunner
from producers.supervisor.credentials import source_of
from producers.supervisor.integration_rounds import IntegrationRounds
from producers.supervisor.on_demand import ConnectorOnDemand
from reconduit.errors import ReconduitError, SettingsError
from reconduit.integrations.registry import find_integration
from reconduit.log import configure_logging
from reconduit.settings import Settings, load_settings
from reconduit.sources import load_sources
from schemas.records import DEFAULT_TENANT

__all__ = ["main"]

_LEASE_LOST = 3
"""Exit status of a producer whose source is somebody else's."""


def main() -> int:
    """Run one producer until it is told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="producers.supervisor.child")
    parser.add_argument("--fencing-token", type=int, required=True)
    parser.add_argument("--tenant", default=DEFAULT_TENANT)
    parser.add_argument("--only-commands", action="store_true")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--source")
    which.add_argument("--integration", type=UUID)
    asked = parser.parse_args()
    settings = load_settings()
    try:
        if asked.source is not None:
            _produce_source(settings, asked.source, asked.fencing_token)
        else:
            _produce_integration(settings, asked.tenant, asked.integration, asked.fencing_token, only_commands=asked.only_commands)
    except LeaseLostError as error:
        print(f"reconduit: {error}", file=sys.stderr)
        return _LEASE_LOST
    except ReconduitError as error:
        print(f"reconduit: {error}", file=sys.stderr)
        return 2
    return 0


def _produce_source(settings: Settings, name: str, token: int) -> None:
    configure_logging("produce", settings.log_level, source=name)
    config = next((one for one in load_sources(settings.sources_file) if one.name == name), None)
    if config is None:
        raise SettingsError(f"{settings.sources_file} has no source {name!r} any more")
    with outlets_of(settings, config, fencing_token=token) as outlets, closing(ConnectorOnDemand(config)) as connector:
        _run(ProducerRunner(config, connector, outlets.publisher, outlets.cursors, outlets.objects))


def _produce_integration(settings: Settings, tenant: str, number: UUID, token: int, *, only_commands: bool) -> None:
    connect = partial(psycopg.connect, settings.dsn(), autocommit=True, connect_timeout=5, application_name="reconduit-produce")
    with connect() as connection:
        integration = find_integration(connection, tenant, number)
        configure_logging("produce", settings.log_level, source=integration.name)
        config = source_of(connection, integration, settings.dsn())
    record_until(integration.name, integration.record_http_until)
    with (
        outlets_of(settings, config, fencing_token=token) as outlets,
        closing(ConnectorOnDemand(config)) as connector,
        closing(IntegrationRounds(connect, integration, config, outlets, token, only_commands=only_commands)) as rounds,
    ):
        _run(ProducerRunner(config, connector, outlets.publisher, outlets.cursors, outlets.objects, rounds=rounds))


def _run(runner: ProducerRunner) -> None:
    runner.install_signal_handlers()
    threading.Thread(target=_stop_with_supervisor, name="supervisor-watch", daemon=True).start()
    runner.run()


def _stop_with_supervisor() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
