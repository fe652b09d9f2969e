"""`reconduit close`: the close pass, over and over."""

__all__ = ["close"]


def close(seconds: int = 5, once: bool = False) -> None:
    """Close books and groups that the sources' watermarks have passed, every `--seconds`, until SIGTERM.

    Bad messages that consumers have set aside since go to their sources' dead-letter topics in the same round.
    """
    import dataclasses
    import datetime as dt
    import random

    import psycopg
    import structlog

    from consumers.closing import ClosePass
    from consumers.dlq_relay import DlqRelay
    from consumers.measuring import measure_drift, measure_open_breaks
    from reconduit.integrations.known_sources import file_sources, known_sources
    from reconduit.log import configure_logging
    from reconduit.metrics import serve_metrics
    from reconduit.reconciliations import load_reconciliations
    from reconduit.settings import load_settings
    from reconduit.signals import Stop

    settings = load_settings()
    configure_logging("close", settings.log_level)
    log = structlog.get_logger()
    stop = Stop()
    if settings.metrics_port is not None:
        serve_metrics(settings.metrics_port)
    from_file, reconciliations = file_sources(settings.sources_file), load_reconciliations(settings.reconciliations)
    while not stop():
        try:
            with psycopg.connect(settings.dsn(), options="-c lock_timeout=30s") as connection:
                sources = None
                while not stop():
                    found = known_sources(connection, from_file)
                    connection.rollback()
                    if found != sources:
                        sources = found
                        closing = ClosePass(connection, sources, reconciliations)
                        relay = DlqRelay(connection, settings.kafka_bootstrap_servers, sources)
                    done = closing.run()
                    relayed = relay.run()
                    measure_open_breaks(connection, dt.datetime.now(dt.UTC).date())
                    measure_drift(connection)
                    log.info("closed", **dataclasses.asdict(done), relayed=relayed)
                    if once:
                        return
                    stop.wait(seconds)
        except (psycopg.OperationalError, psycopg.errors.DeadlockDetected) as error:
            if once:
                raise
            log.warning("close_retry", error=type(error).__name__, detail=str(error).strip())
            stop.wait(random.uniform(0, seconds))  # noqa: S311
