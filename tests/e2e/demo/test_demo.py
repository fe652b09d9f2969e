"""`make demo` as a user runs it: the report, kills in the middle, Ctrl-C, and what is left afterwards."""

import datetime as dt
import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from tests.fixtures.waiting import PATIENCE_SECONDS, eventually

_ROOT = Path(__file__).parents[3]
_SCHEMA = json.loads((_ROOT / "schemas/json/demo.schema.json").read_text())
_AS_OF = dt.datetime.now(dt.UTC).date().isoformat()
_PAYMENTS = "600"
_SECONDS = 600


@contextmanager
def demo(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A running demo; killed hard at the end if it still runs, which takes its children with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reconduit", "demo", "--payments", _PAYMENTS, "--as-of", _AS_OF, *arguments],
        cwd=_ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def run_once(folder: Path, **environment: str) -> tuple[dict[str, Any], str]:
    """Report and output of `demo --once`."""
    report = folder / "report.json"
    with demo("--once", "--json", str(report), **environment) as process:
        output, _ = process.communicate(timeout=_SECONDS)
    assert process.returncode == 0, output
    found: dict[str, Any] = json.loads(report.read_text())
    jsonschema.validate(found, _SCHEMA)
    return found, output


def digests(report: dict[str, Any]) -> dict[str, str]:
    return {name: one["digest"] for name, one in report["reconciliations"].items()}


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def alive(owner: psutil.Process) -> list[psutil.Process]:
    """Descendants that run."""
    return [child for child in owner.children(recursive=True) if lives(child)]


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """Output up to a line that has `pattern`; that line's first group."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if match := re.search(pattern, line):
            return match[1]
    raise AssertionError(f"no line has {pattern!r}:\n{''.join(seen)}")


@pytest.fixture(scope="module")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Report of a run in which nothing is killed."""
    return run_once(tmp_path_factory.mktemp("clean"))[0]


def test_the_report_finds_the_truth(clean_run: dict[str, Any]) -> None:
    assert clean_run["conservation"] == "holds"
    assert set(clean_run["reconciliations"]) == {"payments-three-way", "razorpay-settlements", "ledger-bank"}
    for name, one in clean_run["reconciliations"].items():
        truth = one["truth"]
        assert truth["precision"] == 1.0, name
        assert truth["exact"]["planted"] > 0, name
        assert truth["exact"]["recall"] >= 0.99, name
        assert truth["breaks"], name
        for kind, tally in truth["breaks"].items():
            assert tally["found"] == tally["planted"], (name, kind)
        assert truth["false_breaks"] == 0, name


def test_every_source_is_read_and_bad_records_are_set_apart(clean_run: dict[str, Any]) -> None:
    sources = clean_run["sources"]
    assert set(sources) == {"hdfc", "icici", "sbi", "razorpay", "core", "gateway", "mobile", "camt", "mt940"}
    assert all(0 < one["stored"] <= one["published"] <= one["fetched"] for one in sources.values())
    apart = {(row["source"], row["stage"], row["reason"]): row["count"] for row in clean_run["quarantine"]}
    # The sandbox plants one malformed record in each feed and one malformed statement, and two outages that outlast the retries;
    # the demo itself puts two messages into the log that nobody can read.
    assert {source for source, stage, _ in apart if stage == "producer"} == {"core", "gateway", "mobile", "camt", "razorpay"}
    assert apart["mobile", "producer", "http_500"] == 1
    assert apart["razorpay", "producer", "unreadable_body"] == 1
    assert apart["core", "consumer", "avro_body"] == 1
    assert apart["core", "consumer", "schema_id"] == 1
    assert sum(apart.values()) == sum(one["quarantined"] for one in sources.values()) == 8


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["consume-1=consumer-in-transaction:2", "produce-razorpay=flushed-no-cursor:2"])
def test_a_kill_at_a_known_step_changes_nothing(fault: str, clean_run: dict[str, Any], tmp_path: Path) -> None:
    report, output = run_once(tmp_path, RECONDUIT_DEMO_FAULT=fault)
    assert f"{fault.partition('=')[0]} had ended; started again" in output
    assert report["conservation"] == "holds"
    assert digests(report) == digests(clean_run)


@pytest.mark.slow
def test_kill_9_of_a_producer_and_a_consumer_changes_nothing(clean_run: dict[str, Any], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with demo("--once", "--json", str(report)) as process:
        read_until(process, r"(polling every source)")
        for name in ("produce", "consume"):
            victim = next(child for child in alive(psutil.Process(process.pid)) if name in child.cmdline())
            victim.send_signal(signal.SIGKILL)
        output, _ = process.communicate(timeout=_SECONDS)
    assert process.returncode == 0, output
    assert output.count("had ended; started again") == 2
    assert digests(json.loads(report.read_text())) == digests(clean_run)


@pytest.mark.slow
def test_it_goes_on_until_ctrl_c_and_the_page_answers() -> None:
    with demo() as process:
        address = read_until(process, r"the page: (http://127\.0\.0\.1:\S+)")
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        assert "Signed in" in browser.open(address, timeout=60).read().decode()
        page = browser.open(address.partition("/login")[0], timeout=60).read().decode()
        assert "payments-three-way" in page
        children = alive(psutil.Process(process.pid))
        assert any("consume" in child.cmdline() for child in children)
        before = int(read_until(process, r"([\d,]+) records stored").replace(",", ""))
        after = int(read_until(process, r"([\d,]+) records stored").replace(",", ""))
        assert after > before, "payments go on, and so does the reconciling"
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output
    assert "stopping everything" in output
    assert not [child for child in children if lives(child)]


@pytest.mark.slow
def test_nothing_outlives_a_demo_that_is_killed() -> None:
    with demo() as process:
        read_until(process, r"(polling every source)")
        children = alive(psutil.Process(process.pid))
        assert len(children) > 10
        process.kill()
        process.wait()
    eventually(lambda: not any(map(lives, children)), lambda: str([child for child in children if lives(child)]))
