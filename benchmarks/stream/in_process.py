"""CPU seconds of one worker's stream pass without Kafka: for a shared machine, where records a second say little.

Usage: `POLARS_MAX_THREADS=1 python -m benchmarks.stream.in_process [RECORDS [ROUNDS]]`. The same batches go through `prepare` and
`apply` in every round, each round into a fresh database; of every batch the least of all rounds counts.
"""

import itertools
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection

from benchmarks.fresh_database import fresh_database
from benchmarks.stream.records import messages_of, topic_of
from benchmarks.stream.rules import write_rules
from consumers.batch import Batch
from consumers.service import ReconcileService
from consumers.session import connect_worker
from deploy.local.services import local_services
from reconduit.reconciliations import load_reconciliations
from reconduit.sources import load_sources
from schemas.registry import CommittedIds

__all__ = ["main"]

_ROWS = 20_000
_FETCH = 4_000
"""Messages of one partition that come one after the other, about 1 MiB."""

_Spent = tuple[float, float, float]
"""CPU seconds of prepare, of apply, and of the server."""


def main() -> None:
    """Print the CPU seconds per million records."""
    records, rounds = [*map(int, sys.argv[1:]), *(100_000, 3)[len(sys.argv) - 1 :]][:2]
    batches = list(_batches(records))
    total = sum(map(len, batches))
    with (
        tempfile.TemporaryDirectory(prefix="reconduit-bench-") as made,
        local_services(Path(".local"), kafka=False, progress=print) as services,
    ):
        assert services.database_url is not None
        measured = []
        for number in range(rounds):
            dsn = fresh_database(services.database_url, f"in_process_{number}")
            with connect_worker(dsn) as connection:
                measured.append(_run(connection, Path(made), batches))
    least = [[min(spent) for spent in zip(*same, strict=True)] for same in zip(*measured, strict=True)]
    prepare, apply, server = (sum(parts) / total * 1e6 for parts in zip(*least, strict=True))
    print(f"{total:,} records: prepare {prepare:.2f}, apply {apply:.2f}, PostgreSQL {server:.2f} CPU seconds per million")


def _batches(records: int) -> Iterator[Batch]:
    """What a worker with every second partition would take, fetch by fetch."""
    queues: dict[tuple[str, int], list[bytes]] = defaultdict(list)
    for source, partition, _, value in messages_of(0, records):
        if partition % 2 == 0:
            queues[topic_of(source), partition].append(value)
    fetches = itertools.chain.from_iterable(
        ((place, start, values[start : start + _FETCH]) for place, values in sorted(queues.items()) if start < len(values))
        for start in range(0, records, _FETCH)
    )
    batch = Batch()
    for (topic, partition), start, values in fetches:
        batch.add([topic] * len(values), [partition] * len(values), range(start, start + len(values)), values)
        if len(batch) >= _ROWS:
            yield batch
            batch = Batch()
    if len(batch):
        yield batch


def _run(connection: Connection[Any], folder: Path, batches: Sequence[Batch]) -> list[_Spent]:
    sources = write_rules(folder)
    service = ReconcileService(load_sources(sources), load_reconciliations(folder), CommittedIds())
    service.start(connection)
    spent = []
    for batch in batches:
        begun, served = time.process_time(), _server_seconds(connection)
        prepared = service.prepare(batch)
        ready = time.process_time()
        service.ensure_sources(connection, prepared)
        service.apply(connection, prepared)
        connection.commit()
        spent.append((ready - begun, time.process_time() - ready, _server_seconds(connection) - served))
    return spent


def _server_seconds(connection: Connection[Any]) -> float:
    """CPU seconds so far of the server process behind a local connection."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


if __name__ == "__main__":
    main()
