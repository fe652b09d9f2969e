"""The case of metrics: whoever watches a source sees the same series for every connector, by the name of the source."""

from collections.abc import Mapping

from prometheus_client import REGISTRY

from producers.errors import ProducerError
from producers.kit.fake_provider import Fault
from producers.kit.testing.kills import Outlet, run_into
from producers.kit.testing.scenario import Scenario, transactions

__all__ = ["MeasureCases"]


class MeasureCases(Scenario):
    """What can be seen of a connector while it runs."""

    def test_metrics(self) -> None:
        """Requests, latency, failures, records, lag, token expiry, breaker and quota are measured by the name of the source."""
        with self.provider() as provider:
            source = transactions(self.poll(provider))[0].source
            before = _series(source)
            outlet = Outlet()
            connector = self.build(provider.base_url)
            capabilities = connector.capabilities
            run_into(outlet, connector, self.now, source)
            after = _series(source)
            provider.break_with(Fault.SERVER_ERROR, only=self.is_data)
            if not capabilities.files:
                self._fail_once(provider.base_url, source)
            broken = _series(source)
        records = outlet.delivered.transactions
        grown = {name for name, value in after.items() if value > before.get(name, 0.0)}
        wanted = {"recon_ingested_transactions_total", "recon_source_poll_duration_seconds_count"}
        there = {"recon_source_last_success_timestamp_seconds", "recon_source_newest_booking_timestamp_seconds"}
        if capabilities.watermark:
            there.add("recon_source_complete_through_timestamp_seconds")
        if not capabilities.files:
            wanted |= {"recon_provider_http_requests_total 2xx", "recon_provider_http_request_duration_seconds_count"}
            there |= {"recon_provider_breaker_state", "recon_provider_quota_requests_per_second"}
        if self.token_paths:
            there.add("recon_token_expiry_timestamp_seconds access")
        assert wanted <= grown, f"not counted for the source {source}: {sorted(wanted - grown)}"
        assert there <= after.keys(), f"no such series of the source {source}: {sorted(there - after.keys())}"
        newest = max(record.booked_at for record in records).timestamp()
        assert after["recon_source_newest_booking_timestamp_seconds"] >= newest
        failed = "recon_provider_http_requests_total 5xx"
        assert capabilities.files or broken[failed] > after[failed], f"a 500 is not counted for the source {source}"

    def _fail_once(self, base_url: str, source: str) -> None:
        try:
            run_into(Outlet(), self.build(base_url), self.now, source)
        except ProducerError:
            return
        raise AssertionError("a provider that only answers 500 went unnoticed")


def _series(source: str) -> Mapping[str, float]:
    """Every series of a source: its name, followed by the values of its other labels."""
    found: dict[str, float] = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.labels.get("source") == source:
                others = [value for label, value in sorted(sample.labels.items()) if label != "source"]
                found[" ".join([sample.name, *others])] = sample.value
    return found
