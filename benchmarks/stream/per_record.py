"""The plain pipeline: what most people write. fastavro, dictionaries, executemany; it does the product's work record by record.

It stores every record once, keeps offsets with results, looks up the groups that a batch touches and decides them anew.

Usage: `python -m benchmarks.stream.per_record NUMBER WORKERS`.
"""

import io
import json
import os
import sys
import time
from collections import defaultdict
from typing import Any

import fastavro
from psycopg import Connection

from benchmarks.stream.progress import tell
from benchmarks.stream.static import assigned_consumer, take
from consumers.session import connect_worker
from schemas.catalogue import TRANSACTION, current_schema
from schemas.keys import key_hash, txn_hash
from schemas.wire import HEADER

__all__ = ["main"]

_SOURCES = {"core": 1, "gateway": 2}
_DETAIL = (
    "channel",
    "transaction_type",
    "bank_code",
    "end_to_end_id",
    "bank_reference",
    "counterparty_name",
    "counterparty_account",
)

_INSERT = (
    "INSERT INTO transaction VALUES (%s, %s, NULL, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, false, false, %s, %s, %s, %s, NULL, %s) "
    "ON CONFLICT DO NOTHING"
)
_MATCH = (
    "INSERT INTO match VALUES (1, %s, 1, 1, false, 1, 1000000, %s, %s, %s, %s, %s, '{0,1}', %s, '[]') "
    "ON CONFLICT (group_hash, reconciliation_id, (members[1])) DO NOTHING"
)
_BREAK = "INSERT INTO break VALUES (1, %s, %s, false, 1, %s, %s, %s, %s, %s, '{0}', %s, NULL, '[]')"
_MEMBERS = (
    "SELECT group_hash, source_id, txn_hash, amount_minor, currency, account_id, booked_us, reference_number FROM transaction "
    "WHERE group_hash = ANY(%s)"
)
_OFFSET = (
    "INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset) VALUES ('plain', 'all', %s, %s) "
    "ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = excluded.next_offset"
)


def main() -> None:
    """Run until killed."""
    consumer = assigned_consumer(int(sys.argv[1]), int(sys.argv[2]))
    schema = fastavro.parse_schema(current_schema(TRANSACTION))
    connection = connect_worker(os.environ["DATABASE_URL"])
    while True:
        values, places = take(consumer)
        if not values:
            continue
        started = time.monotonic()
        rows, groups = [], set()
        for value, (partition, offset) in zip(values, places, strict=True):
            record: Any = fastavro.schemaless_reader(io.BytesIO(value[HEADER.size :]), schema, None)
            row = _row(record, partition, offset)
            rows.append(row)
            groups.add(row[0])
        with connection.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
            _decide(connection, groups)
            cursor.executemany(_OFFSET, [(partition, offset + 1) for partition, offset in dict(places).items()])
        connection.commit()
        tell(len(values), time.monotonic() - started)


def _row(record: dict[str, Any], partition: int, offset: int) -> tuple[Any, ...]:
    return (
        key_hash(record["reference_number"]),
        txn_hash(record["tenant_id"], record["source"], record["txn_id"]),
        offset,
        record["revision"],
        record["amount_minor"],
        record["fee_minor"],
        int(record["booked_at"].timestamp() * 1_000_000),
        record["value_date"],
        _SOURCES[record["source"]],
        1 if record["direction"] == "CREDIT" else -1,
        partition,
        record["currency"],
        record["account_id"],
        record["txn_id"],
        record["reference_number"],
        json.dumps({name: record[name] for name in _DETAIL}),
    )


def _decide(connection: Connection[Any], groups: set[int]) -> None:
    members: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in connection.execute(_MEMBERS, (list(groups),)):
        members[row[0]].append(row)
    matches, breaks = [], []
    for group, rows in members.items():
        by_source = {row[1]: row for row in rows}
        first = rows[0]
        booked_on = time.strftime("%Y-%m-%d", time.gmtime(first[6] // 1_000_000))
        if len(by_source) == 2 and by_source[1][3] == by_source[2][3]:
            hashes = [by_source[1][2], by_source[2][2]]
            matches.append((group, first[3], first[4], first[5], booked_on, first[7], hashes))
        else:
            kind = 3 if len(by_source) == 2 else 7
            breaks.append((group, kind, first[3], first[4], first[5], booked_on, first[7], [first[2]]))
    connection.execute("DELETE FROM break WHERE group_hash = ANY(%s)", (list(groups),))
    with connection.cursor() as cursor:
        cursor.executemany(_MATCH, matches)
        cursor.executemany(_BREAK, breaks)


if __name__ == "__main__":
    main()
