"""Metrics of a supervisor: what it holds and runs, how its integrations fare, and what its producers count.

Producers are processes of their own, so they write their metrics to files of a folder (`PROMETHEUS_MULTIPROC_DIR`, as the
Prometheus client defines it), which the supervisor reads at each scrape. How integrations fare is read from Postgres, for those
whose lease the supervisor holds: of several supervisors one tells each integration.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from psycopg.rows import tuple_row

from reconduit.integrations.health import PERFECT
from reconduit.metrics import serve_metrics

__all__ = ["DEATHS", "LEASES", "REGISTRY", "RUNNING", "IntegrationCollector", "ProducerFiles", "serving_metrics"]

REGISTRY = CollectorRegistry()
"""Of the supervisor itself, apart from the catalogue of `reconduit.metrics`, which its producers fill."""

LEASES = Gauge("recon_supervisor_leases_held", "Sources that this supervisor may poll.", registry=REGISTRY)
RUNNING = Gauge("recon_supervisor_producers_running", "Producer processes of this supervisor.", registry=REGISTRY)
DEATHS = Counter(
    "recon_supervisor_producer_deaths_total", "Producers that ended unasked and were started again.", ["source"], registry=REGISTRY
)

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SELECT = """
SELECT i.name, i.status, i.health_ppm, extract(epoch FROM now() - coalesce(i.last_sync_at, i.created_at))::float8,
       coalesce((SELECT jsonb_object_agg(outcome, polls) FROM integration_poll p WHERE p.integration_id = i.integration_id), '{}')
FROM integration i JOIN source_lease l ON l.tenant_id = i.tenant_id AND l.source = i.name
WHERE l.holder = %s AND l.expires_at > now() ORDER BY i.tenant_id, i.name
"""


class IntegrationCollector(Collector):
    """How the integrations fare whose lease one supervisor holds; nothing while Postgres is away.

    Args:
        connect: opens a connection.
        holder: name of the supervisor.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], holder: str) -> None:
        self._connect = connect
        self._holder = holder

    def collect(self) -> Iterator[Metric]:
        """Polls by outcome, seconds since the last complete one, health and status."""
        try:
            with self._connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
                rows = cursor.execute(_SELECT, (self._holder,)).fetchall()
        except psycopg.Error:
            return
        polls = CounterMetricFamily("recon_integration_polls", "Polls by outcome, since it was made.", labels=["source", "outcome"])
        lag = GaugeMetricFamily(
            "recon_integration_sync_lag_seconds",
            "Since the last complete poll ended, else since it was made.",
            labels=["source"],
        )
        health = GaugeMetricFamily("recon_integration_health_ratio", "Recent polls that were complete, 0 to 1.", labels=["source"])
        status = GaugeMetricFamily("recon_integration_status", "1 for the status that it has.", labels=["source", "status"])
        for name, state, ppm, seconds, counted in rows:
            status.add_metric([name, state], 1)
            lag.add_metric([name], seconds)
            if ppm is not None:
                health.add_metric([name], ppm / PERFECT)
            for outcome, count in sorted(counted.items()):
                polls.add_metric([name, outcome], count)
        yield from (polls, lag, health, status)


class ProducerFiles:
    """The folder that producers leave their metrics in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def environment(self) -> Mapping[str, str]:
        """What a producer must find in its environment."""
        return {_FOLDER: str(self._folder)}

    def forget(self, pid: int) -> None:
        """Drop what a producer that has ended left; its successor counts from zero, as any process that is started again."""
        for path in self._folder.glob(f"*_{pid}.db"):
            path.unlink(missing_ok=True)


@contextmanager
def serving_metrics(
    port: int | None, connect: Callable[[], psycopg.Connection[Any]], holder: str
) -> Iterator[ProducerFiles | None]:
    """Serve `/metrics` of a supervisor on 127.0.0.1 within the context; yields where its producers write theirs.

    Without a port nothing is served, and None is yielded.

    Raises:
        SettingsError: the port is taken.
    """
    if port is None:
        yield None
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reconduit-metrics-", ignore_cleanup_errors=True)))
        registry = CollectorRegistry()
        registry.register(REGISTRY)
        registry.register(IntegrationCollector(connect, holder))
        MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
        server = serve_metrics(port, registry)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        yield ProducerFiles(folder)
