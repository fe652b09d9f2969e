"""`reconduit services`: Kafka, PostgreSQL and SFTP on this machine until Ctrl-C, for work on Reconduit itself."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["services"]


def services(
    directory: Annotated[Path, typer.Option(help="Folder for data and logs; they go when the services stop.")] = Path(".local"),
    brokers: Annotated[int, typer.Option(help="Kafka nodes: 1 or 3.")] = 1,
    sftp: Annotated[bool, typer.Option(help="Start an SFTP server too.")] = True,
) -> None:
    """Run Kafka, PostgreSQL and SFTP locally until Ctrl-C, and write the settings that reach them to a file."""
    import os
    import signal
    import threading

    from deploy.local.services import local_services

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with local_services(directory, sftp=sftp, brokers=brokers, progress=lambda line: typer.echo(line, err=True)) as found:
        # The database's password is in there: a private file, not the terminal.
        file = found.directory / "environment"
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            output.writelines(f"export {name}='{value}'\n" for name, value in found.environment().items())
        typer.echo(f"services are ready; in another terminal: . {file}")
        typer.echo("Ctrl-C stops them and removes their data")
        stop.wait()
