"""`reconduit vault`: keys of the vault of secrets."""

import os
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["vault"]

vault = typer.Typer(name="vault", help="Keys of the vault that seals the secrets of integrations.", no_args_is_help=True)


@vault.command("new-key")
def new_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Key file; made when it is not there.")],
    key_id: Annotated[str, typer.Option("--id", help="Name of the key; the time (UTC) by default.")] = "",
) -> None:
    """Put a fresh key in front of a key file: it seals from now on, the others still open.

    Processes that run take it up by themselves. Follow with `reconduit vault rotate`.

    Exit status 0: done, 2: the file cannot be used; the message says why.
    """
    import datetime as dt

    from reconduit.vault.keys import add_key

    made = add_key(file, key_id or dt.datetime.now(dt.UTC).strftime("k%Y%m%dt%H%M%S"))
    print(f"{file}: {made} seals from now on; set RECONDUIT_VAULT_KEY_FILE={os.fspath(file)}, then run `reconduit vault rotate`")


@vault.command()
def rotate() -> None:
    """Seal every secret with the first key. Whoever reads or writes secrets may go on meanwhile.

    Exit status 0: all are sealed with it, 1: some cannot be opened, 2: wrong settings or no database.
    """
    import psycopg

    from reconduit.settings import load_settings
    from reconduit.vault import open_vault

    dsn = load_settings().dsn()
    rotation = open_vault(lambda: psycopg.connect(dsn, connect_timeout=5)).rotate()
    print(f"{rotation.sealed_again} secrets sealed again")
    for failed in rotation.failed:
        print(failed)
    if rotation.failed:
        raise typer.Exit(1)
