"""`reconduit sandbox`: every provider's API, the feeds and the statement drops, from one seed."""

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import typer

from reconduit.errors import SettingsError

__all__ = ["sandbox"]


def sandbox(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="Chooses the world and its faults.")] = 7,
    as_of: Annotated[
        str | None, typer.Option(help="First day after the world's fourteen days, YYYY-MM-DD; today (UTC) when not given.")
    ] = None,
    payments: Annotated[int, typer.Option(help="How many payments the world has.")] = 3000,
    live: Annotated[bool, typer.Option(help="Go on with about five payments a second.")] = False,
    *,
    credentials: Annotated[Path, typer.Option(help="Folder for the credentials that are made up now.")],
    drops: Annotated[Path, typer.Option(help="Folder for the statement files, which the SFTP server serves.")],
    port_file: Annotated[Path | None, typer.Option(help="File that gets the port once connections are accepted.")] = None,
    faults: Annotated[
        bool, typer.Option(envvar="RECONDUIT_SANDBOX_FAULTS", help="Answer some requests with 429, 500, half a body, or late.")
    ] = True,
) -> None:
    """Stand in for every provider until interrupted."""
    # Imported here so that `reconduit --help` stays fast.
    import structlog

    from producers.sandbox.drops import write_drops
    from producers.sandbox.faults import OUTAGES, FaultPlan
    from producers.sandbox.server import create_app, generate_credentials, listen, sandbox_clock, serve
    from producers.sandbox.world import SeededWorld
    from reconduit.log import configure_logging
    from reconduit.settings import load_settings

    configure_logging("sandbox", load_settings().log_level)
    day = _date(as_of)
    started_at = dt.datetime.now(dt.UTC)
    clock = sandbox_clock(day)
    world = SeededWorld(seed, day, payments, live, live_from=max(started_at, clock()))
    files = write_drops(world, drops, day, clock())
    app = create_app(world, clock, generate_credentials(credentials), FaultPlan(seed, enabled=faults, outages=OUTAGES))
    try:
        listener = listen(port)
    except OSError as error:
        raise SettingsError(f"port {port} on 127.0.0.1: {error.strerror}; choose another with --port") from error
    bound = listener.getsockname()[1]
    log = structlog.get_logger(__name__)
    log.info("sandbox ready", port=bound, seed=seed, as_of=day.isoformat(), payments=payments, live=live, files=len(files))
    if port_file is not None:
        _announce(port_file, bound)
    serve(app, listener)


def _date(text: str | None) -> dt.date:
    if text is None:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"--as-of {text}: give a date as YYYY-MM-DD") from error


def _announce(port_file: Path, port: int) -> None:
    """Write the port in one step, so that a reader never sees half of it."""
    part = port_file.with_name(f"{port_file.name}.{os.getpid()}")
    part.write_text(f"{port}\n", encoding="utf-8")
    part.replace(port_file)
