"""What consumers tell Prometheus: batches, lag, results, and what stands open after a close."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from psycopg import Connection

from consumers.profiling import count_drift
from consumers.service import Prepared
from consumers.stream_pass import Applied
from reconduit import metrics

__all__ = ["measure_batch", "measure_drift", "measure_lag", "measure_open_breaks"]

_OPEN = """
SELECT reconciliation, type, currency, count(*), sum(amount_minor)::bigint, min(booked_on) FROM break_view GROUP BY 1, 2, 3
"""


def measure_batch(prepared: Prepared, applied: Applied, records: int, seconds: float) -> None:
    """Count a committed batch of `records` messages, which took `seconds`."""
    metrics.CONSUMER_BATCH_RECORDS.observe(records)
    metrics.CONSUMER_BATCH_SECONDS.observe(seconds)
    metrics.STORED.inc(applied.stored)
    for one in prepared.rejected:
        metrics.DLQ_MESSAGES.labels(reason=one.reason).inc()
    for kind, counts in (("match", applied.matches), ("break", applied.breaks)):
        for name, count in counts.items():
            metrics.MATCH_RESULTS.labels(reconciliation=name, result=kind).inc(count)


def measure_lag(consumer: Consumer, ends: Mapping[tuple[str, int], int]) -> None:
    """Records behind the end of each partition, as the last fetch saw it; asks nobody."""
    for (topic, partition), end in ends.items():
        try:
            marks = consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
        except KafkaException:
            continue  # revoked meanwhile: somebody else measures it
        if marks is not None and marks[1] >= 0:
            metrics.CONSUMER_LAG.labels(topic=topic, partition=partition).set(max(0, marks[1] - end))


def measure_open_breaks(connection: Connection[Any], today: dt.date) -> None:
    """Number, amount and age of open breaks by reconciliation; rolls back the read."""
    metrics.OPEN_BREAKS.clear()
    metrics.OPEN_BREAKS_AMOUNT.clear()
    metrics.OLDEST_BREAK.clear()
    counts: dict[tuple[str, str], int] = {}
    amounts: dict[tuple[str, str], int] = {}
    oldest: dict[str, dt.date] = {}
    for name, kind, currency, count, amount, booked_on in connection.execute(_OPEN):
        counts[name, kind] = counts.get((name, kind), 0) + count
        amounts[name, currency] = amounts.get((name, currency), 0) + amount
        oldest[name] = min(oldest.get(name, booked_on), booked_on)
    connection.rollback()
    for (name, kind), count in counts.items():
        metrics.OPEN_BREAKS.labels(reconciliation=name, type=kind).set(count)
    for (name, currency), amount in amounts.items():
        metrics.OPEN_BREAKS_AMOUNT.labels(reconciliation=name, currency=currency).set(amount)
    for name, day in oldest.items():
        metrics.OLDEST_BREAK.labels(reconciliation=name).set(max(0, (today - day).days) * 86_400)


def measure_drift(connection: Connection[Any]) -> None:
    """How much of what was learnt about lags and fees has changed; rolls back the read."""
    metrics.PROFILE_DRIFT.clear()
    for name, count in count_drift(connection).items():
        metrics.PROFILE_DRIFT.labels(reconciliation=name).set(count)
    connection.rollback()
