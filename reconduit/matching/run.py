"""One run of `reconduit match`: read both files, solve, check, and tell the result."""

import json as json_text
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from rich.console import Console

from reconciler.conservation import check
from reconciler.dispatch import solve
from reconciler.errors import ReconcilerError
from reconciler.reconciliation import Reconciliation
from reconduit.errors import ReconduitError, SettingsError
from reconduit.matching.items import horizon_of, items_of
from reconduit.matching.report import as_document, write_csv
from reconduit.matching.rules import load_reconciliation
from reconduit.matching.statement_file import NO_CURRENCY, FileEntries, read_file
from reconduit.matching.table import print_result
from schemas.errors import AmountError
from schemas.money import currency_exponent

__all__ = ["read_pair", "run_match"]


def run_match(left: str, right: str, *, rules: Path | None, out: Path | None, json: str | None, currency: str | None) -> int:
    """Reconcile two files.

    Args:
        left: name of a file, or `-` for standard input.
        right: name of the other file; not both may be `-`.
        rules: a reconciliation file; None for the default.
        out: where to write the result as CSV.
        json: where to write it as JSON, `-` for standard output (then no table is printed).
        currency: ISO 4217, for files that name none.

    Returns:
        0 when everything matched, 1 when there are breaks.

    Raises:
        ReconduitError: bad input or usage: a file, the rules or an option cannot be used; the message names it.
    """
    if left == right == "-":
        raise SettingsError("only one of the two files can come from standard input")
    if currency is not None:
        try:
            currency_exponent(currency)
        except AmountError as error:
            raise SettingsError(f"--currency: {error}") from error
    reconciliation = load_reconciliation(rules)
    files = read_pair(reconciliation, left, right, currency)
    for file in files:
        for warning in file.warnings:
            print(f"reconduit: {warning}", file=sys.stderr)
    items = items_of(reconciliation, *files)
    try:
        outcome = solve(reconciliation, items, horizon_of(reconciliation, *files))
        check(items, outcome)
    except ReconcilerError as error:
        # Uncaught it would end the process with status 1, which is what scripts take for breaks.
        raise ReconduitError(f"the engine failed: {error}; this is a bug, please report it with both files") from error
    document = as_document(reconciliation, items, outcome)
    if out is not None:
        _write(out, lambda stream: write_csv(stream, items, outcome))
    text = json_text.dumps(document, ensure_ascii=False, indent=2)
    if json == "-":
        print(text)
    else:
        if json is not None:
            _write(Path(json), lambda stream: print(text, file=stream))
        print_result(Console(), document, outcome)
    return 1 if outcome.breaks else 0


def read_pair(reconciliation: Reconciliation, left: str, right: str, currency: str | None) -> tuple[FileEntries, FileEntries]:
    """Both files. One that names no currency takes the only currency of the other, unless option or rules say another."""
    columns = [reconciliation.csv.get(name) for name in reconciliation.side_names]
    defaults = [currency or (mapped.currency_code if mapped else None) for mapped in columns]
    files = [read_file(path, mapped, default) for path, mapped, default in zip((left, right), columns, defaults, strict=True)]
    for index, path in enumerate((left, right)):
        others = files[1 - index].currencies
        if (
            defaults[index] is None
            and path != "-"
            and files[index].currencies == {NO_CURRENCY}
            and len(others) == 1
            and others != {NO_CURRENCY}
        ):
            files[index] = read_file(path, columns[index], next(iter(others)))
    return files[0], files[1]


def _write(path: Path, write: Callable[[TextIO], None]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            write(stream)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
