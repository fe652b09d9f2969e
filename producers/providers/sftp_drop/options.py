"""Address, options and secrets of an SFTP drop."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from producers.errors import ConfigurationError
from producers.formats.contract import StatementType
from producers.formats.origin import LEDGER_TYPES
from producers.providers.sftp_drop.trailer import TrailerOptions

__all__ = ["SECRETS", "Completeness", "DropAddress", "PgpOptions", "SftpDropOptions", "parse_address", "parse_hop"]

SECRETS = (
    "private_key",
    "passphrase",
    "password",
    "otp_seed",
    "jump_private_key",
    "jump_passphrase",
    "jump_password",
    "pgp_private_key",
    "pgp_private_key_next",
    "pgp_passphrase",
)
"""Secrets a source may name: `private_key` (OpenSSH or PEM text, with `passphrase` when it has one) or `password`; `otp_seed`
(base32) for codes that the server asks for; `jump_...` for the hosts on the way, where they differ;
`pgp_private_key` (armoured) and `pgp_private_key_next` while one follows the other, with `pgp_passphrase`."""


class Completeness(StrEnum):
    """What says that a file is whole: it stopped changing, it got its final name, or its trailer arrived."""

    STABLE = "stable"
    RENAME = "rename"
    TRAILER = "trailer"


class PgpOptions(BaseModel):
    """What the file of sources says under `options.pgp`. With it, a file that is not encrypted is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signers: dict[str, Path] = Field(default_factory=dict)
    """Pinned fingerprint (40 or 64 hex digits) → file with that certificate. Empty: signatures are not asked for. Two or more: each
    is valid, for the time in which one key follows the other."""
    seconds: int = Field(default=300, ge=1)
    """Processor time for one message."""

    @field_validator("signers")
    @classmethod
    def _fingerprints(cls, signers: dict[str, Path]) -> dict[str, Path]:
        plain = {re.sub(r"[\s:]", "", name).lower(): path for name, path in signers.items()}
        for name in plain:
            if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", name) is None:
                raise ValueError(f"{name!r} is no fingerprint; a key id is too short to pin a key")
        return plain


def _default_prompts() -> "dict[str, Literal['password', 'otp_seed']]":
    return {"otp|token|passcode|verification|one.?time|code": "otp_seed", "password|passwort|kennwort": "password"}


class SftpDropOptions(BaseModel):
    """What the file of sources says under `options:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known_hosts: Path
    """OpenSSH known_hosts file with the server's pinned key; a server that is not in it is refused."""
    pattern: str | tuple[str, ...] = Field(default="*", min_length=1)
    """Shell pattern of files to read, or several, as `fnmatch`, letter case ignored. One with a slash is held against the whole
    path below the drop's folder."""
    exclude: tuple[str, ...] = ()
    """Shell patterns of files that are left alone."""
    max_depth: int = Field(default=0, ge=0, le=16)
    """How many levels of folders below the drop's are looked into. Links are not followed."""
    lookback_days: int = Field(default=7, ge=0, le=366)
    """Days back, and one ahead, that date placeholders in the path stand for."""
    files_per_round: int = Field(default=10_000, ge=1)
    bytes_per_round: int = Field(default=4 << 30, ge=1)
    """What one round downloads at most; the rest has its turn in the next one. A first file is read whatever its size."""
    completeness: Completeness = Completeness.STABLE
    trailer: TrailerOptions = TrailerOptions()
    overdue_seconds: int = Field(default=3600, ge=1)
    """A file that waits longer for its trailer, its data or its end is told: a warning and `recon_source_overdue_files`."""
    unterminated_seconds: int = Field(default=600, ge=0)
    """How long a file without its format's last record must have been unchanged before it is judged as it is."""
    max_unpacked_bytes: int = Field(default=256 << 20, ge=1)
    """What may come out of one archive or PGP message."""
    max_members: int = Field(default=1000, ge=1)
    max_ratio: int = Field(default=200, ge=1)
    """Bytes out of an archive to bytes in."""
    pgp: PgpOptions | None = None
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
    prompts: dict[str, Literal["password", "otp_seed"]] = Field(default_factory=_default_prompts)
    """Keyboard-interactive: regular expression of a prompt, letter case ignored → the secret that answers it. The first that fits
    counts."""
    jump: tuple[str, ...] = Field(default=(), max_length=4)
    """Hosts on the way, `ssh://user@host[:port]`, in order; each one's key is pinned in known_hosts."""

    @field_validator("prompts")
    @classmethod
    def _expressions(cls, prompts: dict[str, str]) -> dict[str, str]:
        for prompt in prompts:
            try:
                re.compile(prompt)
            except re.error as error:
                raise ValueError(f"{prompt!r} is no regular expression: {error}") from None
        return prompts

    @model_validator(mode="after")
    def _consistent(self) -> "SftpDropOptions":
        for hop in self.jump:
            try:
                parse_hop(hop)
            except ConfigurationError as error:
                raise ValueError(str(error)) from None
        return self

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of wanted files, one or several."""
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern


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


def parse_hop(url: str) -> DropAddress:
    """The parts of a jump host's URL.

    Raises:
        ConfigurationError: it is no `ssh://user@host[:port]`.
    """
    if not url.startswith("ssh://"):
        raise ConfigurationError("jump must be ssh://user@host[:port]")
    hop = parse_address("sftp" + url.removeprefix("ssh"))
    if hop.folder != "/":
        raise ConfigurationError("jump must be ssh://user@host[:port], without a folder")
    return hop
