"""Running the three pipelines over the same topics, each into a fresh database, and measuring them from outside."""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil
import psycopg

from benchmarks.fresh_database import fresh_database
from benchmarks.result import Result
from benchmarks.stream.progress import Progress, read_progress
from benchmarks.stream.records import SOURCES, create_topics, produce_range
from benchmarks.stream.rules import write_rules
from deploy.local.services import Services, local_services
from deploy.local.supervisor import Daemon

__all__ = ["run_stream"]

_PATIENCE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class _Measured:
    """One run of one pipeline."""

    progress: Progress
    ours: float
    postgres: float
    broker: float
    peak_mib: int

    def detail(self) -> dict[str, str]:
        """CPU seconds per million records, by who spent them."""
        million = self.progress.records / 1e6
        spent = (("ours", self.ours), ("postgres", self.postgres), ("kafka", self.broker))
        return {f"cpu-s/M {name}": f"{seconds / million:.1f}" for name, seconds in spent}


def run_stream(options: argparse.Namespace) -> list[Result]:
    """Measure ceiling, product and per-record pipeline in turn, `options.rounds` times."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reconduit-bench-")))
        services = stack.enter_context(local_services(Path(".local"), progress=_say))
        assert services.kafka_bootstrap_servers is not None
        total = _produce(services.kafka_bootstrap_servers, options.records // len(SOURCES))
        runs: dict[str, list[_Measured]] = {"ceiling": [], "stream pass": [], "per record": []}
        for number in range(options.rounds):
            for name, measured in runs.items():
                _say(f"{name}: {total:,} records, {options.workers} workers ...")
                measured.append(_run(name, number, services, folder, options.workers, total))
                _say(f"{name}: {measured[-1].progress.per_second:,.0f} records/s")
    rates = {name: statistics.median(one.progress.per_second for one in measured) for name, measured in runs.items()}
    return [
        Result(
            name=f"stream: {name}{against}",
            value=rates[name],
            unit="records/s",
            baseline=None if baseline is None else f"stream: {baseline}",
            ratio=None if baseline is None else rates[name] / rates[baseline],
            peak_mib=max(one.peak_mib for one in runs[name]),
            detail={**runs[name][-1].detail(), "records": total},
        )
        for name, baseline, against in (
            ("ceiling", None, ""),
            ("per record", None, ""),
            ("stream pass", "ceiling", " beside the ceiling"),
            ("stream pass", "per record", " beside per record"),
        )
    ]


def _say(text: str) -> None:
    print(f"[bench] {text}", flush=True)


def _produce(bootstrap: str, payments: int) -> int:
    _say(f"publishing {payments:,} payments to {len(SOURCES)} topics ...")
    create_topics(bootstrap)
    cores = os.cpu_count() or 1
    bounds = [payments * part // cores for part in range(cores + 1)]
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        parts = [pool.submit(produce_range, bootstrap, start, stop) for start, stop in itertools.pairwise(bounds)]
        return sum(part.result() for part in parts)


def _run(name: str, number: int, services: Services, folder: Path, workers: int, total: int) -> _Measured:
    place = folder / f"{name.replace(' ', '-')}-{number}"
    place.mkdir()
    dsn = _fresh_database(services, place.name.replace("-", "_"))
    environment = _environment(services, dsn, place)
    commands = _commands(name, place.name, workers)
    daemons = [
        Daemon(f"{name} {index}", command, log=place / f"{index}.log", ready=lambda: True, environment=environment)
        for index, command in enumerate(commands)
    ]
    before = _cpu_of_services()
    logs = [daemon.log for daemon in daemons]
    peak = 0
    try:
        for daemon in daemons:
            daemon.launch()
        processes = [psutil.Process(daemon.process.pid) for daemon in daemons if daemon.process is not None]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (progress := read_progress(logs)) is None or progress.records < total:
            if time.monotonic() > deadline or any(process.status() == psutil.STATUS_ZOMBIE for process in processes):
                raise RuntimeError(f"{name} did not finish: {progress}; see {place}")
            peak = max(peak, *(process.memory_info().rss for process in processes))
            time.sleep(0.5)
        times = [process.cpu_times() for process in processes]
        after = _cpu_of_services()
    finally:
        for daemon in daemons:
            daemon.halt()
    ours = sum(one.user + one.system for one in times)
    return _Measured(progress, ours, after[0] - before[0], after[1] - before[1], peak >> 20)


def _commands(name: str, group: str, workers: int) -> list[list[str]]:
    if name == "stream pass":
        return [[sys.executable, "-m", "reconduit", "consume", "--group", group] for _ in range(workers)]
    module = "ceiling" if name == "ceiling" else "per_record"
    return [[sys.executable, "-m", f"benchmarks.stream.{module}", str(index), str(workers)] for index in range(workers)]


def _environment(services: Services, dsn: str, place: Path) -> dict[str, str]:
    sources = write_rules(place)
    return {
        **services.environment(),
        "DATABASE_URL": dsn,
        "RECONDUIT_SOURCES": str(sources),
        "RECONDUIT_RECONCILIATIONS": str(place),
        # As many threads as there are workers for the cores, in every pipeline.
        "POLARS_MAX_THREADS": "1",
    }


def _fresh_database(services: Services, name: str) -> str:
    assert services.database_url is not None
    dsn = fresh_database(services.database_url, name)
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO source (tenant_id, name) VALUES ('default', 'core'), ('default', 'gateway')")
    return dsn


def _cpu_of_services() -> tuple[float, float]:
    """CPU seconds so far of PostgreSQL and of the broker, children that have ended included."""
    postgres = broker = 0.0
    for process in psutil.process_iter(["name", "cmdline"]):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        seconds = times.user + times.system + times.children_user + times.children_system
        if process.info["name"] == "postgres":
            postgres += times.user + times.system
        elif process.info["name"] == "java" and any("kafka" in part for part in process.info["cmdline"] or ()):
            broker += seconds
    return postgres, broker
