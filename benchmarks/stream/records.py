"""The benchmark's records: payments as a core ledger and a gateway tell them, in two topics of equal partitions.

Of every hundred payments one has another amount at the gateway, one is missing there, and one is delivered twice.
"""

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import fastavro
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.catalogue import TRANSACTION, current_schema
from schemas.keys import key_hash, partition_of
from schemas.registry import CommittedIds
from schemas.wire import HEADER

__all__ = ["PARTITIONS", "SOURCES", "create_topics", "messages_of", "produce_range", "topic_of"]

SOURCES = ("core", "gateway")
PARTITIONS = 12

_DAY = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)


def topic_of(source: str) -> str:
    """Topic of a source."""
    return f"{source}_txns"


def create_topics(bootstrap: str) -> None:
    """Make the topics of both sources."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    names = [name for source in SOURCES for name in (topic_of(source), f"{source}_statements")]
    for future in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
        future.result(30)


def produce_range(bootstrap: str, start: int, stop: int) -> int:
    """Publish payments `start` to `stop` to both topics; returns how many records that was."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "linger.ms": 50, "compression.type": "lz4", "queue.buffering.max.messages": 1_000_000}
    )
    count = 0
    for source, partition, key, value in messages_of(start, stop):
        producer.produce(topic_of(source), value, key, partition)
        count += 1
        if count % 10_000 == 0:
            producer.poll(0)
    if producer.flush(120):
        raise RuntimeError("Kafka did not take every record of the benchmark")
    return count


def messages_of(start: int, stop: int) -> Iterator[tuple[str, int, str, bytes]]:
    """Source, partition, key and wire format of each message about the payments `start` to `stop`."""
    schema = fastavro.parse_schema(current_schema(TRANSACTION))
    header = HEADER.pack(0, CommittedIds().id_of(TRANSACTION))
    for number in range(start, stop):
        reference = f"PAY{number:012d}"
        hashed = key_hash(reference)
        assert hashed is not None
        partition = partition_of(hashed, PARTITIONS)
        for source in SOURCES:
            if source == "gateway" and number % 100 == 7:
                continue
            buffer = io.BytesIO()
            buffer.write(header)
            fastavro.schemaless_writer(buffer, schema, _record(source, number, reference))
            for _ in range(2 if number % 100 == 13 and source == "core" else 1):
                yield source, partition, reference, buffer.getvalue()


def _record(source: str, number: int, reference: str) -> dict[str, Any]:
    wrong = source == "gateway" and number % 100 == 3
    return {
        "tenant_id": "default",
        "txn_id": f"{source}-{number:012d}",
        "revision": 0,
        "source": source,
        "bank_code": "HDFC0000001",
        "account_id": f"{source}-payments",
        "amount_minor": 10_000 + number % 90_000 + wrong,
        "currency": "INR",
        "direction": "CREDIT",
        "is_reversal": False,
        "status": "SUCCESS",
        "booked_at": _DAY + dt.timedelta(seconds=number % 600_000),
        "value_date": (_DAY + dt.timedelta(days=number % 7)).date(),
        "channel": ("UPI", "ONLINE", "MOBILE", "POS")[number % 4],
        "transaction_type": "PAYMENT",
        "reference_number": reference,
        "end_to_end_id": f"E2E{number:015d}",
        "bank_reference": f"6323{number:012d}",
        "settlement_id": None,
        "fee_minor": number % 300,
        "counterparty_name": f"CUSTOMER {number % 5000:05d}",
        "counterparty_account": f"{number % 100_000:016d}",
        "counterparty_bank": None,
        "description": f"UPI/6323{number % 100_000_000:08d}/PAYMENT",
        "statement_id": None,
        "parent_txn_id": None,
        "raw_ref": None,
        "ingested_at": _DAY,
    }
