"""`make demo`: start everything, show progress, report the first complete round, and go on until told to stop."""

import datetime as dt
import json
import os
import secrets
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from confluent_kafka import Consumer
from psycopg import Connection
from rich.console import Console

from api.session import login_path
from deploy.demo.children import Children
from deploy.demo.poison import POISONED, plant_poison
from deploy.demo.render import render_sources
from deploy.demo.report import Report, build_report
from deploy.demo.rounds import ROUNDS, all_polled, caught_up, log_ends
from deploy.demo.tables import print_report
from deploy.errors import DeployError, ServiceUnavailableError
from deploy.local.kafka import can_run_kafka
from deploy.local.services import Services, local_services
from reconduit.signals import Stop
from reconduit.sources import SourceConfig, load_sources
from schemas.migrate import upgrade
from schemas.registry import open_registry

__all__ = ["DemoOptions", "run_demo"]

_GROUP = "reconduit"
_CONSUMERS = 2
_RECONCILIATIONS = Path(__file__).with_name("reconciliations")
_ROUND_SECONDS = 300
_STATUS_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the user asked for.

    Attributes:
        once: end after the first complete round.
        json_file: where the report goes besides the terminal.
        payments: size of the sandbox's world.
        seed: which world.
        as_of: first day after the world's fourteen days; today (UTC) when None.
        port: of the web page; 0 for a free one.
        brokers: Kafka nodes, 1 or 3.
        directory: for the run's own files.
    """

    once: bool
    json_file: Path | None
    payments: int
    seed: int
    as_of: dt.date | None
    port: int
    brokers: int
    directory: Path


def run_demo(options: DemoOptions, console: Console) -> Report:
    """Run the demo; returns the report of its first complete round.

    Raises:
        DeployError: something could not be started, or the round did not end in time; the message names the log.
    """
    started = time.monotonic()
    stop = Stop()
    step = _Steps(console)
    if not os.environ.get("KAFKA_BOOTSTRAP_SERVERS") and not can_run_kafka():
        console.print("[demo] no Java and Maven here: Kafka is librdkafka's mock cluster, in memory and small", markup=False)
    with ExitStack() as stack:
        step("starting Kafka, PostgreSQL and SFTP")
        services = stack.enter_context(local_services(options.directory, sftp=True, brokers=options.brokers, progress=step.detail))
        demo = _Demo(options, services, step, stop)
        stack.callback(demo.children.stop)
        demo.start()
        stack.enter_context(demo)
        demo.wait_for_round()
        report = demo.report(int(time.monotonic() - started))
        print_report(console, report)
        if options.json_file is not None:
            options.json_file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        if not options.once:
            console.print(f"[demo] the page: {demo.page()}\n[demo] Ctrl-C stops everything")
            demo.keep_going(console)
        step("stopping everything")
    return report


class _Steps:
    """Numbered progress lines."""

    _TOTAL = 6

    def __init__(self, console: Console) -> None:
        self._console = console
        self._number = 0

    def __call__(self, text: str) -> None:
        """The next step begins."""
        self._number += 1
        self._console.print(f"[demo {self._number}/{self._TOTAL}] {text} ...", markup=False, highlight=False)

    def detail(self, text: str) -> None:
        """Something that takes time within a step."""
        self._console.print(f"           {text}", markup=False, highlight=False)


class _Demo:
    """One run: its processes and how it looks at them."""

    def __init__(self, options: DemoOptions, services: Services, step: _Steps, stop: Stop) -> None:
        assert services.database_url is not None and services.kafka_bootstrap_servers is not None
        self._options = options
        self._services = services
        self._step = step
        self._stop = stop
        self._folder = services.directory
        self._dsn = services.database_url
        self._token = secrets.token_urlsafe(24)
        self._sources: list[SourceConfig] = []
        self._ids = open_registry(os.environ.get("SCHEMA_REGISTRY_URL"))
        environment = {
            **services.environment(),
            "RECONDUIT_SOURCES": str(self._folder / "sources.yaml"),
            "RECONDUIT_RECONCILIATIONS": str(_RECONCILIATIONS),
            "RECONDUIT_OBJECTS": str(self._folder / "objects"),
            "RECONDUIT_API_TOKEN": self._token,
            # Many small processes share few cores here.
            "POLARS_MAX_THREADS": "1",
        }
        self.children = Children(environment, self._folder / "logs")
        self._lookup = Consumer({"bootstrap.servers": services.kafka_bootstrap_servers, "group.id": "demo-lookup"})
        self._connection: Connection[Any] | None = None

    def __enter__(self) -> Self:
        self._connection = psycopg.connect(self._dsn)
        return self

    def __exit__(self, *_: object) -> None:
        self._lookup.close()
        if self._connection is not None:
            self._connection.close()

    def start(self) -> None:
        """Migrate, and start sandbox, producers, consumers, close pass and API."""
        self._step("creating tables and the sandbox's world")
        upgrade(self._dsn)
        self._start_sandbox()
        self._sources = load_sources(self._folder / "sources.yaml")
        self._step(f"starting {len(self._sources)} producers, {_CONSUMERS} consumers, the close pass and the API")
        for source in self._sources:
            self.children.start(f"produce-{source.name}", ["produce", source.name])
        for number in range(1, _CONSUMERS + 1):
            self.children.start(f"consume-{number}", ["consume", "--group", _GROUP])
        self.children.start("close", ["close"])
        port_file = self._folder / "api.port"
        self.children.start("api", ["api", "--port", str(self._options.port), "--port-file", str(port_file)], port_file=port_file)
        (self._folder / "pids.json").write_text(json.dumps(self.children.pids()), encoding="utf-8")

    def _start_sandbox(self) -> None:
        sftp = self._services.sftp
        assert sftp is not None
        if sftp.folder is None:
            raise DeployError("the demo writes the banks' statement drops itself; unset SFTP_URL to let it start an SFTP server")
        credentials, port_file = self._folder / "credentials", self._folder / "sandbox.port"
        options = self._options
        arguments = ["sandbox", "--seed", str(options.seed), "--payments", str(options.payments), "--credentials", str(credentials)]
        arguments += ["--drops", str(sftp.folder), "--port-file", str(port_file)]
        arguments += [] if options.once else ["--live"]
        arguments += [] if options.as_of is None else ["--as-of", options.as_of.isoformat()]
        self.children.start("sandbox", arguments, port_file=port_file)
        self.children.wait_ready("sandbox")
        self._sandbox = f"http://127.0.0.1:{port_file.read_text(encoding='ascii').strip()}"
        render_sources(self._folder / "sources.yaml", sandbox_url=self._sandbox, credentials=credentials, sftp=sftp)

    def wait_for_round(self) -> None:
        """Wait until every source was polled and everything it published is stored and closed.

        Raises:
            ServiceUnavailableError: it took too long.
        """
        self._step("polling every source, reconciling what comes")
        deadline = time.monotonic() + _ROUND_SECONDS
        shown = ""
        ends = None
        while not self._stop():
            self._revive()
            rounds = all_polled(self._database(), self._sources)
            waiting = sorted(name for name, count in rounds.items() if count < ROUNDS)
            if not waiting and ends is None:
                self._poison()
                ends = log_ends(self._lookup, self._sources)
            behind = caught_up(self._database(), _GROUP, ends) if ends is not None else None
            if behind == 0:
                break
            status = f"waiting for {', '.join(waiting)}" if behind is None else f"{behind:,} records still to be applied"
            if status != shown:
                self._step.detail(shown := status)
            if time.monotonic() > deadline:
                raise ServiceUnavailableError(
                    f"no complete round within {_ROUND_SECONDS} s: {status}; logs are in {self._folder / 'logs'}"
                )
            self._stop.wait(1)
        self._step("closing books")
        self._close_once()

    def _poison(self) -> None:
        servers = self._services.kafka_bootstrap_servers
        assert servers is not None
        poisoned = next(source for source in self._sources if source.name == POISONED)
        plant_poison(servers, poisoned, self._ids)

    def _close_once(self) -> None:
        from consumers.closing import ClosePass
        from reconduit.reconciliations import load_reconciliations

        with psycopg.connect(self._dsn) as connection:
            ClosePass(connection, self._sources, load_reconciliations(_RECONCILIATIONS)).run()

    def report(self, seconds: int) -> Report:
        """The report of what stands now."""
        with urllib.request.urlopen(f"{self._sandbox}/_sandbox/truth", timeout=30) as response:  # noqa: S310 - our own sandbox
            truth = json.load(response)
        return build_report(self._database(), self._lookup, self._sources, self._ids, truth, seconds)

    def page(self) -> str:
        """Address of the page, with a link that signs in once."""
        self.children.wait_ready("api")
        port = (self._folder / "api.port").read_text(encoding="ascii").strip()
        return f"http://127.0.0.1:{port}{login_path(self._token, int(time.time()))}"

    def keep_going(self, console: Console) -> None:
        """Show a line now and then until stopped; start again what dies."""
        while not self._stop.wait(_STATUS_SECONDS):
            self._revive()
            row = (
                self._database()
                .execute("SELECT (SELECT count(*) FROM transaction), (SELECT count(*) FROM match), (SELECT count(*) FROM break)")
                .fetchone()
            )
            self._database().rollback()
            assert row is not None
            console.print(f"           {row[0]:,} records stored, {row[1]:,} matches, {row[2]:,} open breaks", highlight=False)

    def _revive(self) -> None:
        for name in self.children.revive():
            self._step.detail(f"{name} had ended; started again (log: {self._folder / 'logs' / name}.log)")
            (self._folder / "pids.json").write_text(json.dumps(self.children.pids()), encoding="utf-8")

    def _database(self) -> Connection[Any]:
        assert self._connection is not None
        return self._connection
