"""`reconduit sources record|recording`: switch the recording of HTTP exchanges on for support, and see what was recorded."""

from typing import Annotated, Any

import typer

from reconduit.commands.registry_session import Key, actor, moment, opened

__all__ = ["record", "recording"]


def record(
    key: Key,
    hours: Annotated[int, typer.Option(min=1, max=168, help="For so long from now on.")] = 8,
    off: Annotated[bool, typer.Option("--off", help="Record no more; what is recorded goes by its age.")] = False,
) -> None:
    """Record the HTTP exchanges of an integration for some hours, with secrets masked. See them with `recording`."""
    from reconduit.integrations.recording import set_recording

    with opened() as (connection, tenant):
        changed = set_recording(connection, tenant, key, 0 if off else hours, actor=actor())
    state = "not recorded" if off else f"recorded until {moment(changed.record_http_until)}"
    typer.echo(f"integration {changed.name} is {state}")


def recording(
    source: Annotated[str, typer.Argument(help="Name of a source or an integration.")],
    show: Annotated[int | None, typer.Option(min=1, help="Print this exchange of the list as JSON.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove every recorded exchange of the source.")] = False,
) -> None:
    """List the recorded HTTP exchanges of a source, the latest last.

    Recorded are integrations for which `record` is on, and the sources that RECONDUIT_RECORD_HTTP names to their producer.

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
        way_out = f"`reconduit sources record {source}`, or start its producer with RECONDUIT_RECORD_HTTP={source}"
        typer.echo(f"nothing is recorded of {source}; {way_out}", err=True)
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
