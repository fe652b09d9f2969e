"""The ceiling: consume, stitch, join, COPY into the same tables. It de-duplicates nothing, re-solves nothing and keeps no offsets.

Usage: `python -m benchmarks.stream.ceiling NUMBER WORKERS`.
"""

import io
import os
import sys
import time

import polars as pl

from benchmarks.stream.progress import tell
from benchmarks.stream.static import assigned_consumer, take
from consumers.columns import STORED, SourceCode, stored_columns
from consumers.copying import copy_in
from consumers.decisions import MATCH_COLUMNS
from consumers.session import connect_worker
from schemas.avro_header import SYNC, container_header, zigzag
from schemas.catalogue import TRANSACTION, current_schema
from schemas.wire import HEADER

__all__ = ["main"]

_CODES = {("default", "core"): SourceCode(1, False), ("default", "gateway"): SourceCode(2, False)}


def main() -> None:
    """Run until killed."""
    consumer = assigned_consumer(int(sys.argv[1]), int(sys.argv[2]))
    header = container_header(current_schema(TRANSACTION))
    connection = connect_worker(os.environ["DATABASE_URL"])
    while True:
        values, places = take(consumer)
        if not values:
            continue
        started = time.monotonic()
        block = b"".join(value[HEADER.size :] for value in values)
        source = b"".join((header, zigzag(len(values)), zigzag(len(block)), block, SYNC))
        frame = pl.read_avro(io.BytesIO(source)).with_columns(
            pl.Series("kafka_partition", [place[0] for place in places], dtype=pl.Int16),
            pl.Series("kafka_offset", [place[1] for place in places], dtype=pl.Int64),
        )
        rows = stored_columns(frame, _CODES)
        left, right = rows.filter(pl.col("source_id") == 1), rows.filter(pl.col("source_id") == 2)
        pairs = left.join(right, on=["group_hash", "amount_minor"], how="inner").unique(subset="group_hash")
        # A bare loop that sees both halves of a payment in one batch matches it; it never looks back.
        copy_in(connection, "transaction", rows.unique(subset=["group_hash", "txn_hash"]).select(STORED))
        copy_in(connection, "match", _matches(pairs))
        connection.commit()
        tell(len(values), time.monotonic() - started)


def _matches(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(
        pl.lit(1, dtype=pl.Int16).alias("reconciliation_id"),
        "group_hash",
        pl.lit(1, dtype=pl.Int16).alias("stage"),
        pl.lit(1, dtype=pl.Int16).alias("decision"),
        pl.lit(1_000_000, dtype=pl.Int32).alias("probability_ppm"),
        pl.lit(value=False).alias("final"),
        pl.lit(1, dtype=pl.Int32).alias("rule_version"),
        "amount_minor",
        "currency",
        "account_id",
        (pl.col("booked_us") // 86_400_000_000).cast(pl.Int32).cast(pl.Date).alias("booked_on"),
        pl.col("reference_number").alias("key"),
        pl.lit("{0,1}").alias("sides"),
        pl.format("{{{},{}}}", "txn_hash", "txn_hash_right").alias("members"),
        pl.lit("[]").alias("reasons"),
    ).select(*MATCH_COLUMNS)


if __name__ == "__main__":
    main()
