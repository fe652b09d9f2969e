"""Serves the application with uvicorn, on one socket, until SIGTERM or SIGINT."""

import socket
from pathlib import Path

import structlog
import uvicorn

from api.app import create_app
from reconduit.errors import SettingsError
from reconduit.log import configure_logging
from reconduit.settings import load_settings

__all__ = ["serve"]

_GRACE_SECONDS = 5


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from error
    return listener


def serve(*, host: str, port: int, no_auth: bool, port_file: Path | None) -> None:
    """Serve until a signal; requests under way get a few seconds to end.

    Args:
        host: address to listen on.
        port: TCP port; 0 for a free one.
        no_auth: answer without a token; refused on any address but loopback.
        port_file: gets the port number, written whole, once connections are accepted.

    Raises:
        AccessRefusedError: no token and no permission to do without.
        SettingsError: a setting is wrong, or the address is taken.
    """
    settings = load_settings()
    configure_logging("api", settings.log_level)
    app = create_app(settings, host=host, no_auth=no_auth)
    with _listen(host, port) as listener:
        bound = listener.getsockname()[1]
        if port_file is not None:
            part = port_file.with_name(port_file.name + ".part")
            part.write_text(f"{bound}\n", encoding="ascii")
            part.replace(port_file)
        structlog.get_logger(__name__).info("listening", address=f"http://{host}:{bound}/", authentication=not no_auth)
        # No access log: a one-time link has its ticket in the address.
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=_GRACE_SECONDS
        )
        uvicorn.Server(config).run(sockets=[listener])
