"""The catalogue of metrics: one prefix, base units, no label that grows with tenants, accounts or transactions.

Names follow the Prometheus naming practice: unit as a plural suffix, `_total` last on counters. Where several processes write into
one folder (`PROMETHEUS_MULTIPROC_DIR`), the value of a gauge of producers is the one that was set last.
"""

from wsgiref.simple_server import WSGIServer

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from reconduit.errors import SettingsError

__all__ = [
    "BALANCE_PROOF_FAILURES",
    "BREAKER_STATE",
    "BREAKER_TRANSITIONS",
    "COMPLETE_THROUGH",
    "CONSUMER_BATCH_RECORDS",
    "CONSUMER_BATCH_SECONDS",
    "CONSUMER_LAG",
    "DLQ_MESSAGES",
    "FAILED_ATTEMPTS",
    "HTTP_REQUESTS",
    "HTTP_SECONDS",
    "INGESTED",
    "LAST_SUCCESS",
    "MATCH_RESULTS",
    "NEWEST_BOOKING",
    "OLDEST_BREAK",
    "OPEN_BREAKS",
    "OPEN_BREAKS_AMOUNT",
    "OVERDUE_FILES",
    "PARTITION_HALTED",
    "POLL_ERRORS",
    "POLL_SECONDS",
    "PROFILE_DRIFT",
    "PUBLISH_SECONDS",
    "QUARANTINED",
    "QUOTA_RATE",
    "STORED",
    "SUNSET",
    "TOKEN_EXPIRY",
    "serve_metrics",
    "status_bucket",
]

INGESTED = Counter("recon_ingested_transactions_total", "Transactions published and confirmed.", ["source"])
QUARANTINED = Counter("recon_quarantined_records_total", "Records a producer set aside.", ["source", "reason"])
LAST_SUCCESS = Gauge(
    "recon_source_last_success_timestamp_seconds",
    "End of the last complete poll, Unix time.",
    ["source"],
    multiprocess_mode="mostrecent",
)
NEWEST_BOOKING = Gauge(
    "recon_source_newest_booking_timestamp_seconds",
    "Latest booking time among the records published, Unix time.",
    ["source"],
    multiprocess_mode="mostrecent",
)
COMPLETE_THROUGH = Gauge(
    "recon_source_complete_through_timestamp_seconds",
    "Time before which every account of the source is complete, by its own watermarks, Unix time.",
    ["source"],
    multiprocess_mode="mostrecent",
)
POLL_SECONDS = Histogram(
    "recon_source_poll_duration_seconds",
    "Length of a complete poll.",
    ["source"],
    buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000),
)
POLL_ERRORS = Counter("recon_source_poll_errors_total", "Polls that ended in an error, by its class.", ["source", "error"])
PUBLISH_SECONDS = Histogram(
    "recon_source_publish_duration_seconds", "From the first record of a page to its last delivery report.", ["source"]
)
OVERDUE_FILES = Gauge(
    "recon_source_overdue_files",
    "Files of a drop that wait too long for their trailer, their data, their end, or for leave to be read.",
    ["source", "missing"],
    multiprocess_mode="mostrecent",
)
HTTP_REQUESTS = Counter(
    "recon_provider_http_requests_total",
    "Requests to providers; status is 2xx to 5xx, or error without an answer.",
    ["source", "status"],
)
HTTP_SECONDS = Histogram("recon_provider_http_request_duration_seconds", "Length of one attempt at a request.", ["source"])
TOKEN_EXPIRY = Gauge(
    "recon_token_expiry_timestamp_seconds",
    "End of a source's OAuth token, access or refresh, Unix time.",
    ["source", "token"],
    multiprocess_mode="mostrecent",
)
BREAKER_STATE = Gauge(
    "recon_provider_breaker_state",
    "The circuit to a provider: 0 closed, 1 half open, 2 open.",
    ["source"],
    multiprocess_mode="mostrecent",
)
BREAKER_TRANSITIONS = Counter(
    "recon_provider_breaker_transitions_total",
    "Changes of a provider's circuit, by the state it came to.",
    ["source", "state"],
)
FAILED_ATTEMPTS = Gauge(
    "recon_provider_failed_attempts_ratio",
    "Share of a provider's recent attempts that failed, 0 to 1, as its circuit counts them.",
    ["source"],
    multiprocess_mode="mostrecent",
)
SUNSET = Gauge(
    "recon_provider_sunset_timestamp_seconds",
    "End that a provider announces for an address that a source uses, the earliest, Unix time.",
    ["source"],
    multiprocess_mode="mostrecent",
)
QUOTA_RATE = Gauge(
    "recon_provider_quota_requests_per_second",
    "Requests a second that a source allows itself now.",
    ["source"],
    multiprocess_mode="mostrecent",
)

CONSUMER_LAG = Gauge("recon_consumer_lag_records", "Records behind the end of a partition.", ["topic", "partition"])
PARTITION_HALTED = Gauge(
    "recon_partition_halted", "1 while a worker has stopped a partition rather than hide something.", ["topic", "partition"]
)
CONSUMER_BATCH_RECORDS = Histogram(
    "recon_consumer_batch_records", "Records of a batch.", buckets=(1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000)
)
CONSUMER_BATCH_SECONDS = Histogram("recon_consumer_batch_duration_seconds", "From decoding a batch to its commit.")
STORED = Counter("recon_stored_transactions_total", "Revisions of transactions stored, without duplicates.")
DLQ_MESSAGES = Counter("recon_dlq_messages_total", "Messages a consumer set aside.", ["reason"])
MATCH_RESULTS = Counter("recon_match_results_total", "Results by outcome.", ["reconciliation", "result"])
OPEN_BREAKS = Gauge("recon_open_breaks", "Open breaks by type.", ["reconciliation", "type"])
OPEN_BREAKS_AMOUNT = Gauge(
    "recon_open_breaks_amount_minor_units", "Open amount; never add up currencies.", ["reconciliation", "currency"]
)
OLDEST_BREAK = Gauge("recon_oldest_break_age_seconds", "Age of the oldest open break.", ["reconciliation"])
PROFILE_DRIFT = Gauge(
    "recon_profile_drift", "Changes of lag or fees that the latest profile of each book told, summed up.", ["reconciliation"]
)
BALANCE_PROOF_FAILURES = Counter("recon_balance_proof_failures_total", "Statements whose balances do not add up.", ["source"])


def status_bucket(status: int) -> str:
    """Label of an HTTP status: `2xx` to `5xx`."""
    return f"{status // 100}xx"


def serve_metrics(port: int, registry: CollectorRegistry = REGISTRY) -> WSGIServer:
    """Serve `/metrics` on 127.0.0.1 from a daemon thread; call `.shutdown()` and `.server_close()` on the result to stop.

    Args:
        port: TCP port, 0 for a free one.
        registry: whose metrics.

    Raises:
        SettingsError: the port is taken.
    """
    try:
        server, _thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        raise SettingsError(f"RECONDUIT_METRICS_PORT {port} cannot be used: {error.strerror}") from error
    return server
