"""One run of `reconduit rules diff` or `rules list`."""

import datetime as dt
import json as json_text
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from rich.console import Console

from consumers.backtest.history import snapshot
from consumers.backtest.simulation import back_test, history_of
from consumers.backtest.versions import list_versions
from reconciler.dispatch import solve
from reconciler.reconciliation import Reconciliation
from reconciler.rule_diff import RuleDiff
from reconciler.types import Outcome
from reconduit.errors import ReconduitError, SettingsError
from reconduit.integrations.known_sources import file_sources, known_sources
from reconduit.matching.items import horizon_of, items_of
from reconduit.matching.run import read_pair
from reconduit.rule_changes.document import Scope, as_document
from reconduit.rule_changes.table import print_diff, print_versions
from reconduit.settings import Settings
from reconduit.stored_rules import named_rules
from schemas.records import DEFAULT_TENANT

__all__ = ["run_diff", "run_list"]


def run_diff(
    settings: Settings,
    old: str,
    new: str,
    *,
    since: dt.date | None,
    sample: int | None,
    files: tuple[str, str] | None,
    json: str | None,
) -> int:
    """Compare two rule versions.

    Args:
        settings: where database and sources file are.
        old: a rule file, or `NAME@VERSION` of the database.
        new: the same.
        since: decisions about records booked before this UTC day do not count.
        sample: about how many groups, or how many accounts, to look at.
        files: two files to try the versions on, instead of the database.
        json: where to write the result as JSON, `-` for standard output (then no table is printed).

    Returns:
        0 when nothing changes, 1 when something does.

    Raises:
        ReconduitError: a file, a version or an option cannot be used; the message names it.
    """
    if files is not None:
        if since is not None or sample is not None:
            raise SettingsError("--since and --sample are about the database; two files are always compared as a whole")
        rules = named_rules(old, None, DEFAULT_TENANT), named_rules(new, None, DEFAULT_TENANT)
        diff, scope = _of_files(rules, files), Scope(history="files")
    else:
        rules, diff, scope = _of_history(settings, old, new, since, sample)
    document = as_document(*rules, diff, scope)
    text = json_text.dumps(document, ensure_ascii=False, indent=2)
    if json == "-":
        print(text)
    else:
        if json is not None:
            _write(Path(json), text)
        print_diff(Console(), document)
    return int(diff.differs)


def run_list(settings: Settings) -> int:
    """Print every stored rule version; returns 0."""
    with _reading(settings) as connection:
        versions = list_versions(connection, DEFAULT_TENANT)
    print_versions(Console(), versions)
    return 0


@contextmanager
def _reading(settings: Settings) -> Iterator[Connection[Any]]:
    """A snapshot of the database; what it cannot do is told as errors of ours."""
    try:
        with snapshot(settings.dsn()) as connection:
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise SettingsError("the database has no tables of this version yet; run `reconduit migrate`") from error
    except psycopg.OperationalError as error:
        raise ReconduitError(f"Postgres does not answer: {' '.join(str(error).split())}; check DATABASE_URL") from error


def _of_history(
    settings: Settings, old: str, new: str, since: dt.date | None, sample: int | None
) -> tuple[tuple[Reconciliation, Reconciliation], RuleDiff, Scope]:
    moment = None if since is None else dt.datetime.combine(since, dt.time(), tzinfo=dt.UTC)
    with _reading(settings) as connection:
        rules = named_rules(old, connection, DEFAULT_TENANT), named_rules(new, connection, DEFAULT_TENANT)
        sources = known_sources(connection, file_sources(settings.sources_file))
        history = history_of(connection, sources, rules, DEFAULT_TENANT)
        found = back_test(history, *rules, since=moment, sample=sample)
    return rules, found.diff, Scope(history="database", since=since, pieces=found.pieces, share_ppm=found.share_ppm)


def _of_files(rules: tuple[Reconciliation, Reconciliation], files: tuple[str, str]) -> RuleDiff:
    if "-" in files:
        raise SettingsError("both files are read once for each version, so neither can come from standard input")
    outcomes: list[Outcome] = []
    for one in rules:
        if len(one.sides) != 2:
            raise SettingsError(f"{one.name} version {one.version} has {len(one.sides)} sides; two files need rules with two")
        pair = read_pair(one, *files, None)
        for warning in (warning for file in pair for warning in file.warnings):
            print(f"reconduit: {warning}", file=sys.stderr)
        outcomes.append(solve(one, items_of(one, *pair), horizon_of(one, *pair)))
    diff = RuleDiff()
    diff.add((rules[0].side_names, rules[1].side_names), (outcomes[0], outcomes[1]), None)
    diff.finish()
    return diff


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
