"""`reconduit supervise`: one producer process for each source of the sources file and each enabled integration."""

from functools import partial

__all__ = ["supervise"]


def supervise() -> None:
    """Poll every source and integration until stopped, and relay the events of webhooks.

    Run several for availability: each source is polled by one of them, and they share the events.
    """
    import psycopg

    from producers.supervisor.leases import Leases
    from producers.supervisor.metrics import serving_metrics
    from producers.supervisor.process import ProducerProcess
    from producers.supervisor.settings import SupervisorSettings, holder_name
    from producers.supervisor.supervisor import Supervisor
    from producers.webhooks.assembly import relaying
    from producers.webhooks.settings import RelaySettings
    from reconduit.log import configure_logging
    from reconduit.settings import load_settings, settings_of
    from reconduit.signals import Stop

    settings, own, stop = load_settings(), settings_of(SupervisorSettings), Stop()
    configure_logging("supervise", settings.log_level)
    connect = partial(psycopg.connect, settings.dsn(), autocommit=True, connect_timeout=5, application_name="reconduit-supervise")
    leases = Leases(holder_name(), own.lease_seconds)
    with (
        serving_metrics(settings.metrics_port, connect, leases.holder) as metrics,
        relaying(settings, settings_of(RelaySettings), stop),
    ):
        start = partial(ProducerProcess, metrics=metrics)
        Supervisor(connect, settings.sources_file, leases, own.flags(), stop, start=start).run()
