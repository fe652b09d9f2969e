"""The keys of a local SFTP drop: the server's, the client's, and the line that pins the server."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from deploy.local.ports import HOST

__all__ = ["CLIENT_KEY", "HOST_KEY", "KNOWN_HOSTS", "make_keys"]

HOST_KEY = "host_key"
CLIENT_KEY = "client_key"
"""Its public half is `client_key.pub`."""
KNOWN_HOSTS = "known_hosts"


def _write_key(path: Path) -> str:
    """Make an Ed25519 key pair: the private key in `path`, the public line in `path.pub`; returns the line."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    path.with_suffix(".pub").write_text(line + "\n", encoding="ascii")
    return line


def make_keys(folder: Path, port: int) -> None:
    """Write fresh Ed25519 keys (OpenSSH format, private ones mode 0600) and `known_hosts` for a server on 127.0.0.1.

    Args:
        folder: where they go; made when missing, private to this user.
        port: the server's port, which `known_hosts` names.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = _write_key(folder / HOST_KEY)
    _write_key(folder / CLIENT_KEY)
    (folder / KNOWN_HOSTS).write_text(f"[{HOST}]:{port} {line}\n", encoding="ascii")
