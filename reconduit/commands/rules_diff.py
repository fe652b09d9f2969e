"""`reconduit rules diff` and `reconduit rules list`: what a change of rules would do, before it is activated."""

import datetime as dt
from typing import Annotated

import typer

__all__ = ["diff", "list_stored"]


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A rule file, or NAME@VERSION as `rules list` shows it.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same, for the rules that may be activated.")],
    *,
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only decisions about records booked on this UTC day or later count."),
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="About how many groups, or how many accounts, to look at.")] = None,
    files: Annotated[
        tuple[str, str] | None, typer.Option(metavar="LEFT RIGHT", help="Compare on two files instead of the database.")
    ] = None,
    json: Annotated[str | None, typer.Option(help="Write the result as JSON to a file, or - for standard output.")] = None,
) -> None:
    """Try two rule versions on stored history; exit status 0: nothing changes, 1: something does, 2: bad input or usage.

    Nothing is written: the history is read in one read-only transaction.
    """
    from reconduit.rule_changes.run import run_diff
    from reconduit.settings import load_settings

    day = None if since is None else since.date()
    raise typer.Exit(run_diff(load_settings(), old, new, since=day, sample=sample, files=files, json=json))


def list_stored() -> None:
    """List the rule versions that the database has kept, the active ones, and how many decisions stand by each."""
    from reconduit.rule_changes.run import run_list
    from reconduit.settings import load_settings

    raise typer.Exit(run_list(load_settings()))
