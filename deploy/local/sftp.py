"""A local SFTP drop: fresh keys, a pinned host key, one folder.

The server is ours, on paramiko (`sftp_server.py`), on every machine: an installed OpenSSH would need a login account of its own
and would show clients the whole file system.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import HOST, accepts, free_ports
from deploy.local.run_directory import RUN_VARIABLE
from deploy.local.sftp_keys import CLIENT_KEY, KNOWN_HOSTS, make_keys
from deploy.local.supervisor import Daemon, running

__all__ = ["SftpAccess", "local_sftp"]

_USER = "reconduit"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpAccess:
    """How a client reaches an SFTP server."""

    url: str
    """`sftp://user@host:port/folder`; never a password."""
    private_key: Path
    """The client's key, OpenSSH format, mode 0600."""
    known_hosts: Path
    """File with the server's pinned host key."""
    folder: Path | None = None
    """The served folder on this machine; None for a server that was given by environment variable."""


@contextmanager
def local_sftp(directory: Path, *, progress: Callable[[str], None]) -> Iterator[SftpAccess]:
    """Run an SFTP server that serves `<directory>/sftp/drop`; yields how to reach it.

    Args:
        directory: folder of this run.
        progress: told before it starts.

    Raises:
        DeployError: it does not start; the message names the log.
    """
    progress("starting the SFTP server ...")
    home = directory / "sftp"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    folder = home / "drop"
    folder.mkdir()
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    make_keys(home / "keys", port)
    command = [sys.executable, "-m", "deploy.local.sftp_server", "--port", str(port), "--user", _USER]
    command += ["--folder", str(folder), "--keys", str(home / "keys")]
    daemon = Daemon(
        "SFTP server",
        command,
        log=logs / "sftp.log",
        ready=lambda: accepts(port),
        start_seconds=90,
        stop_seconds=5,
        clean_exit=-15,
        environment={RUN_VARIABLE: str(directory)},
        cwd=_ROOT,
    )
    with running([daemon]):
        yield SftpAccess(
            url=f"sftp://{_USER}@{HOST}:{port}/",
            private_key=home / "keys" / CLIENT_KEY,
            known_hosts=home / "keys" / KNOWN_HOSTS,
            folder=folder,
        )
