"""`reconduit api`: the read API and the web page."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["api"]


def api(
    port: Annotated[int, typer.Option(help="TCP port; 0 for a free one.")] = 8080,
    host: Annotated[
        str, typer.Option(help="Address to listen on; leave it at loopback unless a proxy with TLS stands in front.")
    ] = "127.0.0.1",
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Answer without a token; refused on any address but loopback.")
    ] = False,
    port_file: Annotated[Path | None, typer.Option(help="File that gets the port number once the server listens.")] = None,
) -> None:
    """Serve the read API and the page. Needs RECONDUIT_API_TOKEN, or --no-auth on this machine only."""
    from api.server import serve

    serve(host=host, port=port, no_auth=no_auth, port_file=port_file)
