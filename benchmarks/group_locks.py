"""What keeps two workers from losing a match: a locked row per group, or 64 advisory locks: `python -m benchmarks.group_locks`.

Per batch of 20,000 records in 10,000 groups, on a local PostgreSQL: wall time of taking the locks and of the commit, CPU of the
server's backend, and write-ahead log. Nothing else is in the transaction.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import Connection

from benchmarks.result import Result, print_results
from consumers.locks import KeySpace, lock_shards, shards_of
from deploy.local.services import local_services
from schemas.keys import hash64

__all__ = ["main", "measure"]


@dataclass(frozen=True, slots=True)
class _Cost:
    """Cost of the locks of one batch: milliseconds of wall time and of backend CPU, KiB of write-ahead log."""

    milliseconds: float
    cpu_milliseconds: float
    wal_kib: float


def _lock_rows(connection: Connection[Any], groups: list[int]) -> None:
    """Insert or lock the row of every group, in key order, so that nothing deadlocks."""
    connection.execute("INSERT INTO group_row SELECT * FROM unnest(%s::bigint[]) AS g ORDER BY g ON CONFLICT DO NOTHING", (groups,))
    connection.execute(
        "SELECT count(*) FROM (SELECT FROM group_row WHERE group_hash = ANY(%s) ORDER BY group_hash FOR UPDATE) AS held", (groups,)
    )


def _lock_shards(connection: Connection[Any], groups: list[int]) -> None:
    lock_shards(connection, shards_of(KeySpace.REFERENCE, groups))


def _cost(connection: Connection[Any], lock: Callable[[Connection[Any], list[int]], None], groups: list[int]) -> _Cost:
    backend = psutil.Process(connection.info.backend_pid)
    before, log = backend.cpu_times(), _log_position(connection)
    started = time.monotonic()
    lock(connection, groups)
    connection.commit()
    seconds = time.monotonic() - started
    after = backend.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return _Cost(seconds * 1000, cpu * 1000, (_log_position(connection) - log) / 1024)


def _log_position(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()
    connection.rollback()
    assert row is not None
    return int(row[0])


def _batches(count: int, groups: int) -> Iterator[list[int]]:
    """Group hashes of each batch; sorted, as both ways want them."""
    for number in range(count):
        yield sorted(hash64(f"PAY{number * groups + index:012d}") for index in range(groups))


def measure(dsn: str, batches: int, groups: int) -> list[Result]:
    """Lock the same batches in each way, in turn; medians.

    Args:
        dsn: an empty database.
        batches: how many of each kind.
        groups: groups of a batch.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE group_row (group_hash bigint PRIMARY KEY)")
        connection.commit()
        costs: dict[str, list[_Cost]] = {f"{groups:,} group rows, new": [], f"{groups:,} group rows, known": [], "64 shards": []}
        new, known, shards = costs.values()
        for hashes in _batches(batches, groups):
            new.append(_cost(connection, _lock_rows, hashes))
            known.append(_cost(connection, _lock_rows, hashes))
            shards.append(_cost(connection, _lock_shards, hashes))
    walls = {name: statistics.median(one.milliseconds for one in found) for name, found in costs.items()}
    return [
        Result(
            name=f"locks: {name}",
            value=walls[name],
            unit="ms/batch",
            baseline=None if found is shards else "locks: 64 shards",
            ratio=None if found is shards else walls[name] / walls["64 shards"],
            detail={
                "backend cpu-ms": f"{statistics.fmean(one.cpu_milliseconds for one in found):.1f}",
                "log KiB": f"{statistics.median(one.wal_kib for one in found):,.0f}",
            },
        )
        for name, found in costs.items()
    ]


def main() -> int:
    """Start a PostgreSQL (or use DATABASE_URL), measure, print the table; exit status 0."""
    parser = argparse.ArgumentParser(prog="benchmarks.group_locks", description=__doc__)
    parser.add_argument("--batches", type=int, default=20, help="batches of each kind (default 20)")
    parser.add_argument("--groups", type=int, default=10_000, help="groups of a batch (default 10,000)")
    parser.add_argument("--json", type=Path, help="write the results there too")
    options = parser.parse_args()
    with local_services(Path(".local"), kafka=False, progress=lambda line: print(f"[bench] {line}", flush=True)) as services:
        assert services.database_url is not None
        results = measure(services.database_url, options.batches, options.groups)
    print_results(results)
    if options.json is not None:
        options.json.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
