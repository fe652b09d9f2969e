"""`reconduit sources recording`: what was recorded of a source's HTTP exchanges, for support."""

from typing import Annotated, Any

import typer

__all__ = ["recording"]


def recording(
    source: Annotated[str, typer.Argument(help="Name of a source or an integration.")],
    show: Annotated[int | None, typer.Option(min=1, help="Print this exchange of the list as JSON.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove every recorded exchange of the source.")] = False,
) -> None:
    """List the recorded HTTP exchanges of a source, the latest last. Switch recording on with RECONDUIT_RECORD_HTTP.

    Exit status 1: nothing is recorded.
    """
    from producers.kit.http.recordings import Recordings
    from reconduit.commands.registry_session import print_json
    from reconduit.settings import load_settings

    recordings = Recordings(load_settings().objects, source)
    if clear:
        recordings.clear()
        return
    exchanges = recordings.read()
    if not exchanges:
        typer.echo(f"nothing is recorded of {source}; start its producer with RECONDUIT_RECORD_HTTP={source}", err=True)
        raise typer.Exit(1)
    if show is None:
        for number, exchange in enumerate(exchanges, 1):
            typer.echo(_line(number, exchange))
    elif show > len(exchanges):
        raise typer.BadParameter(f"there are {len(exchanges)} exchanges")
    else:
        print_json(exchanges[show - 1])


def _line(number: int, exchange: dict[str, Any]) -> str:
    outcome = exchange.get("error") or exchange["response"]["status"]
    return f"{number:4}  {exchange['at']}  {exchange['seconds']:7.3f} s  {exchange['method']} {exchange['url']}  {outcome}"
