"""Address, options and secrets of an SFTP drop."""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from producers.errors import ConfigurationError
from producers.formats.contract import StatementType
from producers.formats.origin import LEDGER_TYPES

__all__ = ["SECRETS", "DropAddress", "SftpDropOptions", "parse_address"]

SECRETS = ("private_key", "passphrase", "password")
"""Secrets a source may name: `private_key` (OpenSSH or PEM text, with `passphrase` when it has one) or `password`."""


class SftpDropOptions(BaseModel):
    """What the file of sources says under `options:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known_hosts: Path
    """OpenSSH known_hosts file with the server's pinned key; a server that is not in it is refused."""
    pattern: str = Field(default="*", min_length=1)
    """Shell pattern of file names to read, as `fnmatch`, letter case ignored."""
    format: str | None = None
    """Name of a format (`producers.formats.registry`); by default each file's content decides."""
    accounts: dict[str, str] = Field(default_factory=dict)
    """Account as the files write it → account id to publish."""
    default_account: str | None = None
    default_currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    bank_code: str | None = None
    mapping: dict[str, Any] = Field(default_factory=dict)
    """Column mapping of delimited files, see `producers.formats.csv_columns.CsvMapping`."""
    types: frozenset[StatementType] = Field(default=LEDGER_TYPES, min_length=1)
    """Containers to publish, see `producers.formats.origin.FileOrigin.types`; entries of others go to quarantine."""
    quiet_seconds: int | None = Field(default=None, ge=0)
    """Read a file at first sight when it has not changed for this long, by both clocks; by default it must be seen twice."""
    max_file_bytes: int = Field(default=256 << 20, ge=1)
    landing: Path | None = None
    """Local folder that downloads go through; a temporary one by default."""
    connect_seconds: int = Field(default=15, ge=1)
    """Time-out of connecting, of the server's banner, of authentication and of opening a channel, each."""
    read_seconds: int = Field(default=60, ge=1)
    """Time-out of one answer on the open channel."""
    keepalive_seconds: int = Field(default=30, ge=0)
    concurrent_reads: int = Field(default=64, ge=1, le=1024)
    """Read requests in flight. Unlimited prefetch hangs on some servers (paramiko 1779, 1788)."""


class DropAddress(NamedTuple):
    """Parts of `sftp://user@host:port/folder`."""

    host: str
    port: int
    user: str
    folder: str


def parse_address(url: str) -> DropAddress:
    """The parts of a drop's URL.

    Raises:
        ConfigurationError: it is no `sftp://user@host[:port]/folder`, or has a password in it.
    """
    shape = "base_url must be sftp://user@host[:port]/folder"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{shape}: {error}") from None
    if parts.password is not None:
        raise ConfigurationError("base_url has a password in it; name it under secrets as `password` instead")
    if parts.scheme != "sftp" or not parts.hostname or not parts.username or parts.query or parts.fragment:
        raise ConfigurationError(shape)
    return DropAddress(parts.hostname, port or 22, unquote(parts.username), unquote(parts.path) or "/")
