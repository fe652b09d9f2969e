"""`reconduit explain`: why a record is matched or open."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["explain"]


def explain(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="SOURCE/TXN_ID, a txn_id, or the id of a match or break as the API shows it.")
    ],
    left: Annotated[str | None, typer.Argument(metavar="[LEFT", help="With --report: the files that it is about.")] = None,
    right: Annotated[str | None, typer.Argument(metavar="RIGHT]")] = None,
    *,
    report: Annotated[Path | None, typer.Option(help="Ask a JSON report of `reconduit match` instead of the database.")] = None,
    rules: Annotated[Path | None, typer.Option(help="With LEFT and RIGHT: the rules that the report was made with.")] = None,
    json: Annotated[str | None, typer.Option(help="Write the explanation as JSON to a file, or - for standard output.")] = None,
) -> None:
    """Explain why a record is matched or open; exit status 0: matched, 1: open or in quarantine, 2: unknown, or wrong usage."""
    from reconduit.errors import SettingsError
    from reconduit.explaining.run import run_explain
    from reconduit.settings import load_settings

    if (left is None) != (right is None):
        raise SettingsError("a report is about two files: give both, or none")
    files = None if left is None or right is None else (left, right)
    raise typer.Exit(run_explain(load_settings(), identity, report=report, files=files, rules=rules, json=json))
