"""One run of `reconduit inspect`: read each file, tell what it is, and say by the exit status whether all of it holds."""

import json as json_text
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from producers.formats.contract import ParseOptions
from reconduit.errors import SettingsError
from reconduit.inspecting.contained import inspect_path
from reconduit.inspecting.document import as_document
from reconduit.inspecting.file_report import relate
from reconduit.inspecting.table import print_report
from schemas.errors import AmountError
from schemas.money import currency_exponent

__all__ = ["run_inspect"]

_FIRST_ENTRIES = 5


def run_inspect(files: Sequence[str], *, json: str | None, entries: bool, currency: str | None) -> int:
    """Inspect files.

    Args:
        files: names of files, of .zip or .gz archives of them, or `-` for standard input.
        json: where to write the result as JSON, `-` for standard output (then no table is printed).
        entries: show all entries instead of the first of each statement, and add them to the JSON.
        currency: ISO 4217, for files that name none.

    Returns:
        0 when every proof holds or nothing can be proved, 1 when one failed or something was quarantined, 2 when a file is not
        readable; the highest of all files.

    Raises:
        SettingsError: the currency is none, `-` is given twice, or the JSON cannot be written.
    """
    if list(files).count("-") > 1:
        raise SettingsError("only one of the files can come from standard input")
    if currency is not None:
        try:
            currency_exponent(currency)
        except AmountError as error:
            raise SettingsError(f"--currency: {error}") from error
    # Rows of CSV are known to the CSV parser by their headers alone, as in `reconduit match` without rules.
    options = ParseOptions(default_currency=currency)
    most = None if entries else 0 if json == "-" else _FIRST_ENTRIES
    reports = [report for file in files for report in inspect_path(file, options, most_entries=most)]
    relate(reports)
    text = json_text.dumps(as_document(reports, with_entries=entries), ensure_ascii=False, indent=2)
    if json == "-":
        print(text)
        for report in reports:
            if report.error is not None:
                print(f"reconduit: {report.file}: {report.error}", file=sys.stderr)
    else:
        if json is not None:
            _write(Path(json), text)
        for report in reports:
            print_report(Console(), report)
    return max((2 if report.error is not None else int(report.flawed) for report in reports), default=0)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
