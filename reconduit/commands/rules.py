"""`reconduit rules`: what reconciliation files mean. Commands of the group are in modules of their own."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["rules"]

rules = typer.Typer(name="rules", help="Reconciliation files: what they mean and what a change would do.", no_args_is_help=True)


@rules.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Reconciliation files.")],
) -> None:
    """Say in plain words what reconciliation files mean.

    Exit status 0: all are valid, 2: one is not; a line on stderr names the file and line of each that is wrong.
    """
    from reconduit.describing import describe
    from reconduit.errors import SettingsError
    from reconduit.reconciliations import read_reconciliation

    wrong: list[str] = []
    for path in files:
        try:
            print(f"{path}: {describe(read_reconciliation(path))}")
        except SettingsError as error:
            wrong.append(str(error))
    if wrong:
        raise SettingsError("\n".join(wrong))
