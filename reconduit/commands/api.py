"""`reconduit api`: the read API and the web page."""

from pathlib import Path

__all__ = ["api"]


def api(port: int = 8080, host: str = "127.0.0.1", no_auth: bool = False, port_file: Path | None = None) -> None:
    """Serve the read API and the page. Needs RECONDUIT_API_TOKEN, or --no-auth on this machine only.

    Args:
        port: TCP port; 0 for a free one.
        host: address to listen on; leave it at loopback unless a proxy with TLS stands in front.
        no_auth: answer without a token; refused on any address but loopback.
        port_file: file that gets the port number once the server listens.
    """
    from api.server import serve

    serve(host=host, port=port, no_auth=no_auth, port_file=port_file)
