"""`reconduit sources check`: what the definition of a REST source makes of its sample."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from schemas.records import CanonicalTransaction

__all__ = ["check"]

_SHOWN = 3
_OF_THE_SOURCE = frozenset({"tenant_id", "source", "raw_ref", "ingested_at"})


def check(file: Annotated[Path, typer.Argument(help="Definition of a REST source, as its option `definition` names it.")]) -> None:
    """Read a definition and map its sample; nothing is asked of the provider, and no database is needed.

    Exit status 0: it fits its sample; 2: something does not, and every problem is told with its file and line.
    """
    from producers.providers.rest.definition_file import read_definition
    from producers.providers.rest.sample import map_sample

    loaded = read_definition(file)
    if loaded.definition.sample is None:
        typer.echo(f"{file}: no sample, so that the mapping is not tried; put an answer of the provider under `sample`")
        return
    mapped = map_sample(loaded)
    typer.echo(f"{file}: {len(mapped.transactions)} of the sample's {mapped.count} records are mapped")
    for transaction in mapped.transactions[:_SHOWN]:
        typer.echo("\n".join(["", *_lines(transaction)]))
    if mapped.problems:
        typer.echo("\n".join(["", *mapped.problems]), err=True)
        raise typer.Exit(2)


def _lines(transaction: "CanonicalTransaction") -> list[str]:
    """The fields that are filled, one a line; the amount beside its decimal text."""
    from schemas.money import format_minor

    values = {one.name: getattr(transaction, one.name) for one in dataclasses.fields(transaction) if one.name not in _OF_THE_SOURCE}
    values["amount_minor"] = f"{transaction.amount_minor} ({format_minor(transaction.amount_minor, transaction.currency)})"
    return [f"  {name:22}{value}" for name, value in values.items() if value is not None]
