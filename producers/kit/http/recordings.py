"""The recorded HTTP exchanges of a source on disk: one file each, the newest few hundred, of bounded size and age."""

import datetime as dt
import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from producers.errors import ConfigurationError

__all__ = ["Recordings", "recorded_sources"]

_MOST = 200
_MOST_BYTES = 16 * 1024 * 1024
_OLDEST = dt.timedelta(days=7)
_FOLDER = "recordings"
_counter = itertools.count()
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Recordings:
    """A ring of exchanges in `recordings/SOURCE` of the object store's folder, readable by their owner only.

    Args:
        objects: folder of the object store.
        source: name of the source.
        most: exchanges that are kept.
        most_bytes: bytes that are kept.
        oldest: age at which an exchange goes.
        now: aware UTC time.

    Raises:
        ConfigurationError: the name cannot be that of a folder.
    """

    def __init__(
        self,
        objects: Path,
        source: str,
        *,
        most: int = _MOST,
        most_bytes: int = _MOST_BYTES,
        oldest: dt.timedelta = _OLDEST,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        if _NAME.fullmatch(source) is None:
            raise ConfigurationError(f"{source!r} cannot name a folder of recordings; use letters, digits, _ and -")
        self._folder = objects / _FOLDER / source
        self._most = most
        self._most_bytes = most_bytes
        self._oldest = oldest
        self._now = now

    def add(self, exchange: Mapping[str, Any]) -> None:
        """Keep an exchange, and let go what is too much or too old.

        Args:
            exchange: a JSON object without any secret.

        Raises:
            OSError: it cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{self._now():%Y%m%dT%H%M%S.%fZ}-{os.getpid()}-{next(_counter):06}"
        part = self._folder / f".{name}.part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(exchange, file, ensure_ascii=False)
        part.replace(self._folder / f"{name}.json")
        self.prune()

    def prune(self) -> None:
        """Let go what is too much or too old; nothing when there is no recording."""
        earliest = (self._now() - self._oldest).timestamp()
        kept = kept_bytes = 0
        for path in reversed(self._files()):
            try:
                found = path.stat()
            except FileNotFoundError:  # another process of the source was first
                continue
            kept, kept_bytes = kept + 1, kept_bytes + found.st_size
            if kept > self._most or kept_bytes > self._most_bytes or found.st_mtime < earliest:
                path.unlink(missing_ok=True)

    def read(self) -> list[dict[str, Any]]:
        """Every exchange, the oldest first."""
        found = []
        for path in self._files():
            try:
                found.append(json.loads(path.read_text(encoding="utf-8")))
            except FileNotFoundError:  # it has just gone out of the ring
                continue
        return found

    def clear(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []


def recorded_sources(objects: Path) -> list[str]:
    """Names of the sources of which something is recorded.

    Args:
        objects: folder of the object store.
    """
    folder = objects / _FOLDER
    return sorted(found.name for found in folder.iterdir() if _NAME.fullmatch(found.name)) if folder.is_dir() else []
