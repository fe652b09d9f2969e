"""`reconduit inspect`: what a statement file is, and whether what it says holds."""

from typing import Annotated

import typer

__all__ = ["inspect"]


def inspect(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Statement files: camt.052 to 054, MT940, MT942, BAI2, NACHA, OFX, QFX, QIF, CODA, CFONB 120, PayPal's"
            " settlement report, CSV or workbooks, told by content, also in .zip or .gz; - for standard input."
            " Several files are held against each other too.",
        ),
    ],
    *,
    json: Annotated[str | None, typer.Option(help="Write the result as JSON to a file, or - for standard output.")] = None,
    entries: Annotated[bool, typer.Option("--entries", help="Show every entry, not only the first ones.")] = False,
    currency: Annotated[str | None, typer.Option(help="ISO 4217 currency of files that name none; else XXX.")] = None,
) -> None:
    """Show a file's format, statements, proofs and entries.

    Exit status 0: everything is proved or not provable, 1: a proof failed or something was quarantined, 2: not readable.
    """
    from reconduit.inspecting.run import run_inspect

    raise typer.Exit(run_inspect(files, json=json, entries=entries, currency=currency))
