"""Prometheus metrics of webhooks, from the counts in the database, so that they are those of every process."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.database import Database
from api.errors import ApiError
from reconduit.webhooks.statistics import OUTCOMES, list_statistics

__all__ = ["WebhookCollector"]


class WebhookCollector(Collector):
    """Collects at each scrape; tells nothing while Postgres is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Deliveries by outcome, events that wait to be published, and for how long."""
        try:
            with self._database.writing() as connection:
                found = list_statistics(connection)
        except ApiError:
            return
        deliveries = CounterMetricFamily(
            "recon_webhook_deliveries", "Deliveries by what came of them.", labels=["source", "provider", "outcome"]
        )
        waiting = GaugeMetricFamily(
            "recon_webhook_events_waiting", "Events that are stored and not published yet.", labels=["source", "provider"]
        )
        oldest = GaugeMetricFamily(
            "recon_webhook_oldest_waiting_seconds",
            "Since the oldest event was received that is not published yet; 0 when none waits.",
            labels=["source", "provider"],
        )
        for endpoint in found:
            for outcome in OUTCOMES:
                deliveries.add_metric([endpoint.source, endpoint.provider, outcome], getattr(endpoint, outcome))
            waiting.add_metric([endpoint.source, endpoint.provider], endpoint.waiting)
            oldest.add_metric([endpoint.source, endpoint.provider], endpoint.oldest_waiting_seconds)
        yield from (deliveries, waiting, oldest)
