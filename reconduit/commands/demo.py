"""`reconduit demo`: the whole product on local services, against a sandbox whose truth is known."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the first complete round.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report there as JSON too.")] = None,
    payments: Annotated[int, typer.Option(help="How many payments the sandbox's world has.")] = 3000,
    seed: Annotated[int, typer.Option(help="Which world.")] = 7,
    as_of: Annotated[str | None, typer.Option(help="First day after the world's fourteen days, YYYY-MM-DD.")] = None,
    port: Annotated[int, typer.Option(help="Port of the web page on 127.0.0.1; 0 takes a free one.")] = 0,
    brokers: Annotated[int, typer.Option(help="Kafka nodes: 1 or 3.")] = 1,
) -> None:
    """Start Kafka, PostgreSQL, SFTP, a sandbox of providers, producers and consumers, and watch money being reconciled."""
    import datetime as dt

    from rich.console import Console

    from deploy.demo.run import DemoOptions, run_demo
    from reconduit.errors import SettingsError

    try:
        day = None if as_of is None else dt.date.fromisoformat(as_of)
    except ValueError as error:
        raise SettingsError(f"--as-of {as_of}: give a date as YYYY-MM-DD") from error
    options = DemoOptions(
        once=once,
        json_file=json_file,
        payments=payments,
        seed=seed,
        as_of=day,
        port=port,
        brokers=brokers,
        directory=Path(".local"),
    )
    run_demo(options, Console(width=120, soft_wrap=True))
