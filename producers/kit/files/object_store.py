"""Untouched originals, named by their content: a record's `raw_ref` leads back to what the provider really sent."""

import os
import re
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from producers.errors import ConfigurationError, ContractChangeError
from producers.kit.contract import RawObject

__all__ = ["FolderObjectStore", "ObjectStore"]

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ObjectStore(Protocol):
    """Where originals are kept. Putting the same content twice is one object."""

    def put(self, raw: RawObject) -> None:
        """Keep `raw` durably; when this returns, a crash does not lose it."""
        ...

    def get(self, digest: str) -> bytes:
        """The content whose SHA-256 is `digest` (lower-case hex)."""
        ...


class FolderObjectStore:
    """Originals in a local folder, `ab/cd/<sha256>`; readable by their owner only, since they hold account data.

    Args:
        root: folder, created when absent.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, raw: RawObject) -> None:
        """Write to a temporary file, sync it, rename it, sync the folder: the name exists only with the whole content.

        Raises:
            ContractChangeError: the connector named the content wrongly.
            ConfigurationError: the folder cannot be written.
        """
        if sha256(raw.content).hexdigest() != raw.sha256:
            raise ContractChangeError(f"original {raw.sha256} has another content than its name says; the connector is wrong")
        path = self._path(raw.sha256)
        try:
            if path.exists() and path.stat().st_size == len(raw.content):
                return
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(path, raw.content)
        except OSError as error:
            raise ConfigurationError(f"object store {self._root} cannot be written: {error.strerror}") from error

    def get(self, digest: str) -> bytes:
        """The original, checked against its name.

        Raises:
            ConfigurationError: there is no such original, or the file was changed.
        """
        path = self._path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"original {digest} is not in {self._root}: {error.strerror}") from error
        if sha256(content).hexdigest() != digest:
            raise ConfigurationError(f"original {digest} in {self._root} was changed; restore it from a backup")
        return content

    def _path(self, digest: str) -> Path:
        if _DIGEST.fullmatch(digest) is None:
            raise ContractChangeError(f"{digest!r} is no lower-case SHA-256 digest")
        return self._root / digest[:2] / digest[2:4] / digest

    def _write(self, path: Path, content: bytes) -> None:
        handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
