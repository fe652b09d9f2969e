"""Counting the log: what the topics hold, to hold it against what is stored. Nothing that was published may be missing."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from confluent_kafka import Consumer, TopicPartition
from psycopg import Connection

from consumers.contract_check import split_valid
from consumers.errors import ConsumerError
from consumers.topic_ends import ends_of_partition
from reconduit.sources import SourceConfig
from schemas.catalogue import TRANSACTION
from schemas.codec import BatchDecoder
from schemas.registry import SchemaIds

__all__ = ["log_faults"]

_CHUNK = 500
_POLL_SECONDS = 0.2
_SECONDS = 30


def log_faults(connection: Connection[Any], lookup: Consumer, sources: Sequence[SourceConfig], ids: SchemaIds) -> Iterator[str]:
    """Where log and tables disagree, per source, account and currency; nothing when they agree. Rolls back the read.

    Every message is a stored revision, a copy of one, or in quarantine.

    Args:
        connection: to Postgres; all of the log has been consumed.
        lookup: a consumer of no group's business; it is assigned here.
        sources: whose topics.
        ids: writers' schemas.
    """
    for source in sources:
        frame, rejected = _read_topic(lookup, source, ids)
        logged = {tuple(row) for row in _totals(frame).iter_rows()}
        stored = set(
            connection.execute(
                "SELECT account_id, currency, count(*), sum(amount_minor * direction)::bigint FROM transaction "
                "JOIN source USING (source_id) WHERE tenant_id = %s AND name = %s GROUP BY 1, 2",
                (source.tenant_id, source.name),
            ).fetchall()
        )
        for account, currency, count, total in sorted(logged ^ stored):
            where = "the log" if (account, currency, count, total) in logged else "the tables"
            yield f"{source.name}: {where} alone has {count} revisions with sum {total} {currency} on account {account}"
        row = connection.execute(
            "SELECT count(*) FROM quarantine WHERE source = %s AND stage = 'consumer' AND position LIKE %s",
            (source.name, f"{source.transactions_topic}/%"),
        ).fetchone()
        if row is not None and row[0] != rejected:
            yield f"{source.name}: {rejected} messages are bad, {row[0]} are in quarantine"
    connection.rollback()


def _totals(frame: pl.DataFrame) -> pl.DataFrame:
    signed = pl.col("amount_minor") * (1 - 2 * pl.col("direction").cast(pl.Int64))
    return (
        frame.unique(subset=["txn_id", "revision"])
        .group_by("account_id", "currency")
        .agg(pl.len().cast(pl.Int64).alias("count"), signed.sum().alias("total"))
    )


def _read_topic(lookup: Consumer, source: SourceConfig, ids: SchemaIds) -> tuple[pl.DataFrame, int]:
    """Valid rows of a topic from its beginning to its end now, and how many messages are bad."""
    topic = source.transactions_topic
    metadata = lookup.list_topics(topic, timeout=_SECONDS).topics[topic]
    starts, ends = [], {}
    for partition in metadata.partitions:
        low, high = ends_of_partition(lookup, topic, partition, _SECONDS)
        if high > low:
            starts.append(TopicPartition(topic, partition, low))
            ends[partition] = high
    lookup.assign(starts)
    values: list[bytes | None] = []
    patience = time.monotonic() + _SECONDS
    while ends:
        messages = lookup.consume(_CHUNK, timeout=_POLL_SECONDS)
        if messages:
            patience = time.monotonic() + _SECONDS
        elif time.monotonic() > patience:
            raise ConsumerError(f"{topic}: nothing came for {_SECONDS} s before the end of partitions {sorted(ends)}; is Kafka up?")
        for message in messages:
            partition, offset = message.partition(), message.offset()
            if message.error() is not None or partition is None or offset is None:
                raise ConsumerError(f"{topic}: {message.error()}")
            values.append(message.value())
            if ends.get(partition) == offset + 1:
                del ends[partition]
    lookup.unassign()
    decoded = BatchDecoder(TRANSACTION, ids).decode(values)
    valid, rejected = split_valid(decoded.frame.with_columns(pl.lit(source.name).alias("topic_source")))
    return valid, len(rejected) + len(decoded.bad)
