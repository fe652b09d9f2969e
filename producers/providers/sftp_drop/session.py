"""One SFTP connection: pinned host key, time-outs everywhere, bounded prefetch, and errors in the kit's terms."""

import io
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import paramiko

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError, PermissionDeniedError, TransientError
from producers.providers.sftp_drop.options import DropAddress, SftpDropOptions

__all__ = ["Download", "RemoteFile", "SftpSession"]

_READ_BYTES = 1 << 18
_KEY_TYPES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class RemoteFile(NamedTuple):
    """A regular file as the listing shows it. `modified` is in seconds of the server's clock, which has no better resolution."""

    name: str
    size: int
    modified: int


class Download(NamedTuple):
    """A file that was fetched whole: where it is, and the digest of its bytes."""

    path: Path
    sha256: str
    size: int


class SftpSession:
    """A connection to a drop; a context manager that closes it."""

    def __init__(self, address: DropAddress, options: SftpDropOptions, secrets: Mapping[str, str], source: str) -> None:
        self._address = address
        self._options = options
        self._where = f"source {source}: {address.host}:{address.port}"
        self._client = paramiko.SSHClient()
        self._pin_host_key()
        self._sftp = self._connect(secrets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def files(self) -> list[RemoteFile]:
        """Regular files of the folder, in no order.

        Raises:
            ConfigurationError: there is no such folder.
            PermissionDeniedError: it may not be listed.
            ContractChangeError: a file name is no UTF-8.
            TransientError: the connection broke.
        """
        folder = self._address.folder
        with self._errors(f"folder {folder}"):
            try:
                listed = self._sftp.listdir_attr(folder)
            except UnicodeDecodeError as error:
                raise ContractChangeError(
                    f"{self._where}: folder {folder} has a file name that is no UTF-8: {error.object!r}"
                ) from error
            except FileNotFoundError as error:
                raise ConfigurationError(f"{self._where}: there is no folder {folder}; correct base_url") from error
        return [
            RemoteFile(entry.filename, entry.st_size or 0, int(entry.st_mtime or 0))
            for entry in listed
            if entry.st_mode is not None and stat.S_ISREG(entry.st_mode)
        ]

    def fetch(self, file: RemoteFile, landing: Path) -> Download | None:
        """Download a file: local `.part`, digest, fsync, then the name of its digest; None when it changed or vanished meanwhile.

        Raises:
            PermissionDeniedError: it may not be read.
            TransientError: the connection broke.
        """
        path = f"{self._address.folder.rstrip('/')}/{file.name}"
        part = landing / "download.part"
        digest = sha256()
        size = 0
        with self._errors(f"file {path}"):
            try:
                if self._changed(path, file):
                    return None
                with self._sftp.open(path, "rb") as remote, part.open("wb") as local:
                    remote.prefetch(file.size, self._options.concurrent_reads)
                    while chunk := remote.read(_READ_BYTES):
                        size += len(chunk)
                        digest.update(chunk)
                        local.write(chunk)
                    local.flush()
                    os.fsync(local.fileno())
                if size != file.size or self._changed(path, file):
                    return None
            except FileNotFoundError:
                return None
        return Download(part.rename(landing / digest.hexdigest()), digest.hexdigest(), size)

    def _changed(self, path: str, file: RemoteFile) -> bool:
        now = self._sftp.stat(path)
        return (now.st_size, int(now.st_mtime or 0)) != (file.size, file.modified)

    def _pin_host_key(self) -> None:
        options, (host, port) = self._options, self._address[:2]
        try:
            self._client.load_host_keys(str(options.known_hosts))
        except OSError as error:
            raise ConfigurationError(
                f"{self._where}: known_hosts {options.known_hosts} cannot be read: {error.strerror}"
            ) from error
        name = host if port == paramiko.config.SSH_PORT else f"[{host}]:{port}"
        if self._client.get_host_keys().lookup(name) is None:
            raise ConfigurationError(
                f"{self._where}: no key for {name} in {options.known_hosts}; ask the bank for its host key and pin it there"
            )
        self._client.set_missing_host_key_policy(paramiko.RejectPolicy())

    def _connect(self, secrets: Mapping[str, str]) -> paramiko.SFTPClient:
        seconds = self._options.connect_seconds
        key = self._private_key(secrets)
        with self._errors("connecting"):
            self._client.connect(
                self._address.host,
                self._address.port,
                self._address.user,
                password=secrets.get("password"),
                pkey=key,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                allow_agent=False,
                look_for_keys=False,
            )
            transport = self._client.get_transport()
            if transport is not None and self._options.keepalive_seconds:
                transport.set_keepalive(self._options.keepalive_seconds)
            sftp = self._client.open_sftp()
            channel = sftp.get_channel()
            if channel is not None:
                channel.settimeout(self._options.read_seconds)
            return sftp

    def _private_key(self, secrets: Mapping[str, str]) -> paramiko.PKey | None:
        text = secrets.get("private_key")
        if text is None:
            return None
        for kind in _KEY_TYPES:
            try:
                return kind.from_private_key(io.StringIO(text), secrets.get("passphrase"))
            except (paramiko.SSHException, ValueError, IndexError):
                continue
        raise ConfigurationError(f"{self._where}: secret private_key is no Ed25519, ECDSA or RSA key, or needs another passphrase")

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """Paramiko's and the socket's errors as the kit's; the messages never carry a secret."""
        try:
            yield
        except paramiko.BadHostKeyException as error:
            self.close()
            raise AuthenticationError(
                f"{self._where}: the server's host key is not the pinned one; ask the bank before you change known_hosts"
            ) from error
        except paramiko.AuthenticationException as error:
            self.close()
            raise AuthenticationError(f"{self._where}: user {self._address.user} is refused; check the key or password") from error
        except PermissionError as error:
            raise PermissionDeniedError(f"{self._where}: {what}: permission denied") from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            self.close()
            raise TransientError(f"{self._where}: {what}: {error or type(error).__name__}") from error
