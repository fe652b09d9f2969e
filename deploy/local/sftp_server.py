"""A small SFTP server on 127.0.0.1 that serves one folder to one key: `python -m deploy.local.sftp_server`.

It stands in for a bank's drop in the demo and the tests. It is not meant to face a network.
"""

import argparse
import base64
import contextlib
import logging
import os
import socket
import threading
from pathlib import Path, PurePosixPath

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.sftp import SFTP_FAILURE, SFTP_OK

from deploy.local.ports import HOST
from deploy.local.sftp_keys import CLIENT_KEY, HOST_KEY, make_keys

__all__ = ["DropServer", "FolderInterface", "main", "serve"]

_log = logging.getLogger("deploy.local.sftp_server")


class DropServer(paramiko.ServerInterface):
    """Lets in one user with one key, and gives only the SFTP subsystem."""

    def __init__(self, user: str, key: paramiko.PKey, folder: Path) -> None:
        self._user = user
        self._key = key
        self.folder = folder

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """Accept the one user with the one key."""
        known = username == self._user and key == self._key
        return AUTH_SUCCESSFUL if known else AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the same for every name, so that none is betrayed
        """Only keys."""
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's signature
        """Only sessions; no forwarding."""
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class FolderInterface(paramiko.SFTPServerInterface):
    """File operations inside one folder; `/` of the client is that folder."""

    def __init__(self, server: paramiko.ServerInterface) -> None:
        super().__init__(server)
        assert isinstance(server, DropServer)
        self._root = server.folder.resolve()

    def _real(self, path: str) -> Path:
        """The file a client's path means; never outside the folder, not even through a symbolic link."""
        inside = PurePosixPath(self.canonicalize(path)).relative_to("/")
        real = self._root / inside
        if not real.parent.resolve().is_relative_to(self._root) or real.is_symlink():
            raise PermissionError(f"{path} leaves the served folder")
        return real

    def canonicalize(self, path: str) -> str:
        """The absolute form of a client's path."""
        return os.path.normpath("/" + path.lstrip("/"))

    def list_folder(self, path: str) -> "list[paramiko.SFTPAttributes] | int":
        """Entries of a folder."""
        try:
            return [
                paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False), entry.name)
                for entry in os.scandir(self._real(path))
            ]
        except OSError as error:
            return _status(error)

    def stat(self, path: str) -> "paramiko.SFTPAttributes | int":
        """Size and times of a file."""
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return _status(error)

    def lstat(self, path: str) -> "paramiko.SFTPAttributes | int":
        """As `stat`; links are not served."""
        return self.stat(path)

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> "paramiko.SFTPHandle | int":  # noqa: ARG002 - paramiko's signature
        """Open a file for reading or writing."""
        try:
            descriptor = os.open(self._real(path), flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except OSError as error:
            return _status(error)
        access = flags & os.O_ACCMODE
        mode = {os.O_RDONLY: "rb", os.O_WRONLY: "wb", os.O_RDWR: "r+b"}[access]
        file = os.fdopen(descriptor, mode)
        handle = paramiko.SFTPHandle(flags)
        if access != os.O_WRONLY:
            handle.readfile = file  # type: ignore[attr-defined]  # paramiko reads these two by name
        if access != os.O_RDONLY:
            handle.writefile = file  # type: ignore[attr-defined]
        return handle

    def remove(self, path: str) -> int:
        """Delete a file."""
        try:
            self._real(path).unlink()
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        """Rename a file; fails when the new name is taken, as SFTP version 3 demands."""
        try:
            target = self._real(newpath)
            if target.exists():
                return SFTP_FAILURE
            self._real(oldpath).rename(target)
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        """Rename a file over another."""
        try:
            self._real(oldpath).replace(self._real(newpath))
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:  # noqa: ARG002 - paramiko's signature
        """Make a folder."""
        try:
            self._real(path).mkdir()
        except OSError as error:
            return _status(error)
        return SFTP_OK


def _status(error: OSError) -> int:
    return int(paramiko.SFTPServer.convert_errno(error.errno or 0))


def _serve_client(client: socket.socket, host_key: paramiko.PKey, server: DropServer) -> None:
    transport = paramiko.Transport(client)
    transport.add_server_key(host_key)
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, FolderInterface)
    try:
        transport.start_server(server=server)
    except (paramiko.SSHException, EOFError, OSError) as error:  # a probe of the port, or a client that went away
        _log.info("no session: %s", error)
        transport.close()


def serve(listener: socket.socket, host_key: paramiko.PKey, server: DropServer) -> None:
    """Serve clients until the listener is closed; each gets threads of its own."""
    with contextlib.suppress(OSError):  # the listener was closed
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve_client, args=(client, host_key, server), daemon=True).start()


def main() -> None:
    """Read the arguments and serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True, help="folder that clients see as /")
    parser.add_argument("--user", required=True, help="name of the one user")
    parser.add_argument(
        "--keys", type=Path, required=True, help="folder of host_key, client_key.pub and known_hosts; made when missing"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if not (options.keys / HOST_KEY).exists():
        make_keys(options.keys, options.port)
    kind, encoded = (options.keys / f"{CLIENT_KEY}.pub").read_text(encoding="ascii").split()[:2]
    public = paramiko.PKey.from_type_string(kind, base64.b64decode(encoded))
    host_key = paramiko.Ed25519Key.from_private_key_file(str(options.keys / HOST_KEY))
    listener = socket.create_server((HOST, options.port))
    _log.info("serving %s on port %d", options.folder, options.port)
    serve(listener, host_key, DropServer(options.user, public, options.folder))


if __name__ == "__main__":
    main()
