"""Prometheus metrics read from the same totals as the page. No label has a transaction, account or tenant in it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.context import Context
from api.errors import ApiError
from api.models import Sources, Summary
from api.queries.authorisations import SourceAuthorisation, list_authorisations

__all__ = ["ReconciliationCollector"]


class ReconciliationCollector(Collector):
    """Collects at each scrape. While Postgres is away only `recon_database_up 0` is told, so that the alert has a cause."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        """Every metric family."""
        up = GaugeMetricFamily("recon_database_up", "Whether Postgres answered this scrape.")
        try:
            summary, sources = self._context.summary.get(), self._context.sources.get()
            authorisations = list_authorisations(self._context.database)
        except ApiError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _of_summary(summary)
        yield from _of_sources(sources)
        yield from _of_authorisations(authorisations)


def _of_summary(summary: Summary) -> Iterator[Metric]:
    records = GaugeMetricFamily("recon_records", "Records by what became of them.", labels=["reconciliation", "result"])
    breaks = GaugeMetricFamily("recon_open_breaks", "Open breaks.", labels=["reconciliation", "type"])
    amounts = GaugeMetricFamily(
        "recon_open_breaks_amount_minor_units",
        "Open amount in minor units; never add currencies.",
        labels=["reconciliation", "currency", "age_days"],
    )
    for reconciliation in summary.reconciliations:
        name = reconciliation.name
        still_open = reconciliation.records - reconciliation.matched - reconciliation.suggested
        for result, count in (
            ("matched", reconciliation.matched),
            ("suggested", reconciliation.suggested),
            ("open", still_open),
        ):
            records.add_metric([name, result], count)
        by_type: dict[str, int] = defaultdict(int)
        for total in reconciliation.breaks:
            by_type[total.type] += total.count
        for kind, count in by_type.items():
            breaks.add_metric([name, kind], count)
        for bucket in reconciliation.ageing:
            amounts.add_metric([name, bucket.open.currency, bucket.age], int(bucket.open.minor_units))
    yield from (records, breaks, amounts)


def _of_sources(sources: Sources) -> Iterator[Metric]:
    counters = {
        field: CounterMetricFamily(f"recon_source_{field}", f"Records {field} since the beginning.", labels=["source"])
        for field in ("fetched", "published", "quarantined")
    }
    success = GaugeMetricFamily(
        "recon_source_last_success_timestamp_seconds", "When the last poll of the source succeeded.", labels=["source"]
    )
    lag = GaugeMetricFamily("recon_consumer_lag_records", "Published less consumed records, an estimate.", labels=["source"])
    for source in sources.sources:
        for field, family in counters.items():
            value = getattr(source, field)
            if value is not None:
                family.add_metric([source.name], value)
        if source.last_success_at is not None:
            success.add_metric([source.name], source.last_success_at.timestamp())
        if source.lag_records is not None:
            lag.add_metric([source.name], source.lag_records)
    yield from counters.values()
    yield from (success, lag)


def _of_authorisations(authorisations: Sequence[SourceAuthorisation]) -> Iterator[Metric]:
    ends = GaugeMetricFamily(
        "recon_token_expiry_timestamp_seconds",
        "End of a source's OAuth token, access or refresh, Unix time.",
        labels=["source", "token"],
    )
    waiting = GaugeMetricFamily(
        "recon_authorisation_needed", "1 while a person must authorise an integration at its provider.", labels=["source"]
    )
    for found in authorisations:
        for kind, moment in (("access", found.access_ends), ("refresh", found.refresh_ends)):
            if moment is not None:
                ends.add_metric([found.source, kind], moment)
        waiting.add_metric([found.source], found.waiting)
    yield from (ends, waiting)
