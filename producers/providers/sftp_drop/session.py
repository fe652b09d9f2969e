"""One SFTP connection: pinned host keys, also of the hosts on the way, time-outs everywhere, and errors in the kit's terms."""

import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

import paramiko

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError, PermissionDeniedError, TransientError
from producers.providers.sftp_drop.authentication import NamedSecrets
from producers.providers.sftp_drop.options import DropAddress, SftpDropOptions, parse_hop
from producers.providers.sftp_drop.read_ahead import ReadAhead

__all__ = ["RemoteFile", "SftpSession"]

_OUT_OF_TIME = {"No existing session": "the keys were not agreed on within connect_seconds"}
"""What paramiko 5.1.0 says when the time for connecting ends within the key exchange, in plain words."""


class RemoteFile(NamedTuple):
    """A regular file as the listing shows it.

    `name` is its path below the drop's folder; `modified` is in seconds of the server's clock, which has no better resolution.
    """

    name: str
    size: int
    modified: int


class SftpSession:
    """A connection to a drop; a context manager that closes it."""

    def __init__(self, address: DropAddress, options: SftpDropOptions, secrets: Mapping[str, str], source: str) -> None:
        self._address = address
        self._options = options
        self._where = f"source {source}: {address.host}:{address.port}"
        self._clients: list[paramiko.SSHClient] = []
        self._ahead: list[ReadAhead] = []
        self._sftp = self._open(secrets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, the last hop first."""
        for client in reversed(self._clients):
            client.close()
        self._clients.clear()
        for ahead in self._ahead:
            ahead.give_up()
        self._ahead.clear()

    def list_folder(self, path: str) -> tuple[list[RemoteFile], list[str]]:
        """Regular files and folders directly in `path`, by their bare names, in no order; links are left out.

        Raises:
            FileNotFoundError: there is no such folder.
            PermissionDeniedError: it may not be listed.
            ContractChangeError: a file name is no UTF-8.
            TransientError: the connection broke.
        """
        with self.errors(f"folder {path}"):
            try:
                listed = self._sftp.listdir_attr(path)
            except UnicodeDecodeError as error:
                raise ContractChangeError(f"{self._where}: folder {path} has a name that is no UTF-8: {error.object!r}") from error
        files = [
            RemoteFile(entry.filename, entry.st_size or 0, int(entry.st_mtime or 0))
            for entry in listed
            if entry.st_mode is not None and stat.S_ISREG(entry.st_mode)
        ]
        return files, [entry.filename for entry in listed if entry.st_mode is not None and stat.S_ISDIR(entry.st_mode)]

    def is_unchanged(self, path: str, file: RemoteFile) -> bool:
        """Whether a file still has the size and time of the listing; False when it is gone."""
        with self.errors(f"file {path}"):
            try:
                now = self._sftp.stat(path)
            except FileNotFoundError:
                return False
        return (now.st_size, int(now.st_mtime or 0)) == (file.size, file.modified)

    @contextmanager
    def reading(self, path: str, size: int, offset: int = 0) -> Iterator[paramiko.SFTPFile]:
        """A file opened for reading from `offset`, with a bounded number of requests in flight.

        Raises:
            FileNotFoundError: it is gone.
            PermissionDeniedError: it may not be read.
            TransientError: the connection broke.
        """
        with self.errors(f"file {path}"), self._sftp.open(path, "rb") as remote:
            remote.seek(offset)
            ahead = ReadAhead(remote)
            self._ahead.append(ahead)
            ahead.begin(size, self._options.concurrent_reads)
            yield remote
        # A connection that is cut may look like the end of the file, with requests that are never answered.
        if ahead.ended:
            self._ahead.remove(ahead)

    @contextmanager
    def errors(self, what: str) -> Iterator[None]:
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
            asked = f": {error}" if "the server asks" in str(error) or "one more proof" in str(error) else ""
            raise AuthenticationError(f"{self._where}: {what}: the user is refused; check the key or password{asked}") from error
        except FileNotFoundError:
            raise
        except PermissionError as error:
            raise PermissionDeniedError(f"{self._where}: {what}: permission denied") from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            self.close()
            told = _OUT_OF_TIME.get(str(error)) or error or type(error).__name__
            raise TransientError(f"{self._where}: {what}: {told}") from error

    def _open(self, secrets: Mapping[str, str]) -> paramiko.SFTPClient:
        hop_secrets = {name.removeprefix("jump_"): value for name, value in secrets.items() if name.startswith("jump_")} or secrets
        hops = [(parse_hop(url), hop_secrets) for url in self._options.jump]
        try:
            for address, own in (*hops, (self._address, secrets)):
                self._connect(address, own, self._channel_to(address))
            with self.errors("opening the SFTP channel"):
                sftp = self._clients[-1].open_sftp()
                opened = sftp.get_channel()
                if opened is not None:
                    opened.settimeout(self._options.read_seconds)
                return sftp
        except BaseException:
            self.close()
            raise

    def _channel_to(self, address: DropAddress) -> paramiko.Channel | None:
        """A channel from the last hop to the next host; None for the first host, which is reached directly."""
        if not self._clients:
            return None
        transport = self._clients[-1].get_transport()
        with self.errors(f"reaching {address.host}:{address.port} through the jump host"):
            if transport is None:
                raise EOFError("the jump host closed the connection")
            return transport.open_channel(
                "direct-tcpip", (address.host, address.port), ("127.0.0.1", 0), timeout=self._options.connect_seconds
            )

    def _connect(self, address: DropAddress, secrets: Mapping[str, str], channel: paramiko.Channel | None) -> None:
        seconds = self._options.connect_seconds
        strategy = NamedSecrets(address.user, secrets, self._options.prompts, self._where)
        client = self._pinned_client(address)
        self._clients.append(client)
        with self.errors(f"connecting to {address.host}:{address.port} as {address.user}"):
            client.connect(
                address.host,
                address.port,
                address.user,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                sock=channel,
                auth_strategy=strategy,
            )
            transport = client.get_transport()
            if transport is not None and self._options.keepalive_seconds:
                transport.set_keepalive(self._options.keepalive_seconds)

    def _pinned_client(self, address: DropAddress) -> paramiko.SSHClient:
        known_hosts, client = self._options.known_hosts, paramiko.SSHClient()
        try:
            client.load_host_keys(str(known_hosts))
        except OSError as error:
            raise ConfigurationError(f"{self._where}: known_hosts {known_hosts} cannot be read: {error.strerror}") from error
        name = address.host if address.port == paramiko.config.SSH_PORT else f"[{address.host}]:{address.port}"
        if client.get_host_keys().lookup(name) is None:
            raise ConfigurationError(
                f"{self._where}: no key for {name} in {known_hosts}; ask the bank for its host key and pin it there"
            )
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        return client
