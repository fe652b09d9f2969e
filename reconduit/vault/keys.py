"""Where the vault's keys come from: the environment, a file, or a key management service.

A provider knows several keys by their ids and says which of them seals what is written now. The others only open what was sealed
before, until `Vault.rotate` has sealed everything again.
"""

import base64
import binascii
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from reconduit.vault.errors import VaultKeyError

__all__ = ["KEY_BYTES", "EnvironmentKeys", "FileKeys", "KeyManagement", "KeyProvider", "ManagedKeys", "add_key"]

KEY_BYTES = 32
"""Length of a key: AES-256."""

_LONGEST_ID = 100


class KeyProvider(Protocol):
    """What the vault needs of a source of keys."""

    def current(self) -> tuple[str, bytes]:
        """Id and bytes of the key that seals from now on."""
        ...

    def key(self, key_id: str) -> bytes:
        """The key with this id.

        Raises:
            VaultKeyError: there is none.
        """
        ...


class EnvironmentKeys:
    """Keys of an environment variable, `ID:BASE64[,ID:BASE64...]`; the first one seals. They are read once.

    Args:
        text: value of the variable.
        variable: its name, for messages.

    Raises:
        VaultKeyError: the text is not of this form.
    """

    def __init__(self, text: SecretStr, variable: str) -> None:
        self._variable = variable
        self._keys = _parse(text.get_secret_value().split(","), variable)

    def current(self) -> tuple[str, bytes]:
        """The first key."""
        return next(iter(self._keys.items()))

    def key(self, key_id: str) -> bytes:
        """The key with this id.

        Raises:
            VaultKeyError: the variable has no such key.
        """
        return _pick(self._keys, key_id, self._variable)


class FileKeys:
    """Keys of a file with one `ID:BASE64` a line; the first one seals.

    The file is read again whenever it changes, so that running processes learn a new key without a restart.

    Args:
        path: the file. Others than its owner and group must not be able to read it.

    Raises:
        VaultKeyError: it cannot be read, is open to others, or a line is not of this form.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, bytes] = {}
        self._read()

    def current(self) -> tuple[str, bytes]:
        """The first key of the file as it is now."""
        return next(iter(self._read().items()))

    def key(self, key_id: str) -> bytes:
        """The key with this id.

        Raises:
            VaultKeyError: the file has no such key.
        """
        return _pick(self._read(), key_id, str(self._path))

    def _read(self) -> dict[str, bytes]:
        with self._lock:
            try:
                found = self._path.stat()
                seen = (found.st_mtime_ns, found.st_size, found.st_ino)
                if seen != self._seen:
                    if found.st_mode & stat.S_IRWXO:
                        raise VaultKeyError(f"key file {self._path} is open to every user of this machine; chmod 600 it")
                    text = self._path.read_text(encoding="ascii")
                    self._keys = _parse([line for line in text.splitlines() if line.strip()], str(self._path))
                    self._seen = seen
            except OSError as error:
                raise VaultKeyError(f"key file {self._path} cannot be read: {error.strerror}") from error
            except UnicodeDecodeError:
                raise VaultKeyError(f"key file {self._path} is no ASCII text") from None
            return self._keys


class KeyManagement(Protocol):
    """What a key management service offers: it keeps a key that never leaves it, and opens others that were wrapped with it."""

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """The key in clear.

        Raises:
            VaultKeyError: the service refuses, or does not answer.
        """
        ...


class ManagedKeys:
    """Keys that are stored wrapped and are opened by a key management service, each once in a process.

    Args:
        service: opens them.
        wrapped: every key by its id, as the service wrapped it; the first one seals.
    """

    def __init__(self, service: KeyManagement, wrapped: Mapping[str, bytes]) -> None:
        if not wrapped:
            raise VaultKeyError("no wrapped key is given")
        self._service = service
        self._wrapped = dict(wrapped)
        self._opened: dict[str, bytes] = {}

    def current(self) -> tuple[str, bytes]:
        """The first key."""
        key_id = next(iter(self._wrapped))
        return key_id, self.key(key_id)

    def key(self, key_id: str) -> bytes:
        """The key with this id.

        Raises:
            VaultKeyError: there is no such key, the service refuses, or what it gives is no key.
        """
        if key_id not in self._opened:
            opened = self._service.unwrap(key_id, _pick(self._wrapped, key_id, "the wrapped keys"))
            if len(opened) != KEY_BYTES:
                raise VaultKeyError(f"key {key_id} opens to {len(opened)} bytes; {KEY_BYTES} are due")
            self._opened[key_id] = opened
        return self._opened[key_id]


def _pick(keys: Mapping[str, bytes], key_id: str, where: str) -> bytes:
    try:
        return keys[key_id]
    except KeyError:
        raise VaultKeyError(
            f"{where} has no key {key_id!r}, and a stored secret is sealed with it; put the key back, behind the first one"
        ) from None


def _parse(entries: list[str], where: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(entries, start=1):
        key_id, separator, encoded = entry.strip().partition(":")
        if not separator or not key_id or len(key_id) > _LONGEST_ID:
            raise VaultKeyError(f"{where}: key number {number} is not of the form ID:BASE64")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise VaultKeyError(f"{where}: key {key_id} is no base64") from None
        if len(key) != KEY_BYTES:
            raise VaultKeyError(f"{where}: key {key_id} has {len(key)} bytes; {KEY_BYTES} are due")
        if key_id in keys:
            raise VaultKeyError(f"{where}: key {key_id} is there twice")
        keys[key_id] = key
    if not keys:
        raise VaultKeyError(f"{where} has no key; make one with `reconduit vault new-key`")
    return keys


def add_key(path: Path, key_id: str) -> str:
    """Put a fresh random key in front of a key file, which is made when it is not there; returns the key's id.

    The file is replaced whole, so that a reader sees it as it was or as it is.

    Raises:
        VaultKeyError: the file has a key of this id, is no key file, or cannot be written.
    """
    line = f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode('ascii')}"
    part = path.with_name(f"{path.name}.part")
    try:
        former = path.read_text(encoding="ascii") if path.exists() else ""
        text = f"{line}\n{former}"
        _parse([one for one in text.splitlines() if one.strip()], str(path))
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise VaultKeyError(f"key file {path} cannot be written: {error.strerror}") from error
    except UnicodeError:
        raise VaultKeyError(f"key file {path} is no ASCII text, or the key's id is not") from None
    return key_id
