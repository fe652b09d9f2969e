"""`reconduit supervise`: one producer process for each source of the sources file and each enabled integration."""

from functools import partial

__all__ = ["supervise"]


def supervise() -> None:
    """Poll every source and integration until stopped. Run several for availability: each source is polled by one of them."""
    import psycopg

    from producers.supervisor.leases import Leases
    from producers.supervisor.settings import SupervisorSettings, holder_name
    from producers.supervisor.supervisor import Supervisor
    from reconduit.log import configure_logging
    from reconduit.settings import load_settings
    from reconduit.signals import Stop

    settings, own = load_settings(), SupervisorSettings()
    configure_logging("supervise", settings.log_level)
    connect = partial(psycopg.connect, settings.dsn(), autocommit=True, connect_timeout=5, application_name="reconduit-supervise")
    Supervisor(connect, settings.sources_file, Leases(holder_name(), own.lease_seconds), own.flags(), Stop()).run()
