"""`reconduit match`: reconcile two files with the engine, and no service at all."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["match"]


def match(
    left: Annotated[
        str,
        typer.Argument(
            metavar="LEFT",
            help="The one file: CSV, XLS, XLSX, camt, MT940, MT942, BAI2, NACHA, OFX, QFX, QIF, CODA, CFONB 120 or a"
            " settlement report, told by content; - for standard input.",
        ),
    ],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="The other file.")],
    *,
    rules: Annotated[Path | None, typer.Option(help="Reconciliation file; it can also map CSV columns.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write every match and break as CSV.")] = None,
    json: Annotated[str | None, typer.Option(help="Write the result as JSON to a file, or - for standard output.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="ISO 4217 currency of files that name none; else the rules', else XXX.")
    ] = None,
) -> None:
    """Reconcile two files; exit status 0: all matched, 1: there are breaks, 2: bad input or usage.

    CSV columns are recognised by common headers (id, date, amount or debit and credit, memo or description or narration,
    reference, currency). A file that names no currency is taken to be in --currency, else in the rules' currency_code, else in
    the only currency of the other file, else in XXX (no currency) with two decimals.
    """
    import gc

    from reconduit.matching.run import run_match

    # The process ends with its result. Looking for cycles among records that all live to the end is a tenth of the time.
    gc.disable()
    raise typer.Exit(run_match(left, right, rules=rules, out=out, json=json, currency=currency))
