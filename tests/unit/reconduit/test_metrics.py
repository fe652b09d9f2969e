import re
import socket
import urllib.request

import pytest
from prometheus_client import REGISTRY

from reconduit import metrics
from reconduit.errors import SettingsError


def test_metrics_are_served_on_loopback() -> None:
    metrics.INGESTED.labels("served").inc(3)
    server = metrics.serve_metrics(0)
    try:
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:
            text = response.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert 'recon_ingested_transactions_total{source="served"} 3.0' in text


def test_a_taken_port_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError, match="RECONDUIT_METRICS_PORT"):
        metrics.serve_metrics(taken.getsockname()[1])


def test_names_keep_to_the_convention() -> None:
    names = [metric.name for metric in REGISTRY.collect() if metric.name.startswith("recon")]
    assert len(names) > 15
    assert [name for name in names if re.fullmatch(r"recon_[a-z]+(_[a-z]+)*", name) is None] == []


@pytest.mark.parametrize(("status", "bucket"), [(200, "2xx"), (304, "3xx"), (429, "4xx"), (503, "5xx")])
def test_status_buckets(status: int, bucket: str) -> None:
    assert metrics.status_bucket(status) == bucket
