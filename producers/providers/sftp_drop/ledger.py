"""What the source's cursor remembers of its files: which are still being watched, which were read, with which content."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from producers.kit.contract import Cursor
from producers.providers.sftp_drop.session import RemoteFile

__all__ = ["FileLedger", "KnownFile"]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was dealt with.

    `version` counts the contents seen under its name, from 0; `sha256` is empty for a file that was refused unread.
    """

    size: int
    modified: int
    sha256: str
    version: int


@dataclass(slots=True)
class FileLedger:
    """The cursor, unpacked.

    Attributes:
        observed: size and time of files that are waiting to be seen unchanged.
        known: files that were dealt with, by name.
        accounts: continuity per account, see `watermark.py`.
    """

    observed: dict[str, tuple[int, int]] = field(default_factory=dict)
    known: dict[str, KnownFile] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: Cursor) -> "FileLedger":
        """The ledger of a stored cursor; empty for `{}`."""
        return cls(
            observed={name: (size, modified) for name, (size, modified) in cursor.get("observed", {}).items()},
            known={name: KnownFile(*row) for name, row in cursor.get("files", {}).items()},
            accounts=dict(cursor.get("accounts", {})),
        )

    def to_cursor(self) -> Mapping[str, Any]:
        """The ledger as JSON."""
        return {
            "observed": {name: list(seen) for name, seen in sorted(self.observed.items())},
            "files": {
                name: [known.size, known.modified, known.sha256, known.version] for name, known in sorted(self.known.items())
            },
            "accounts": self.accounts,
        }

    def forget_missing(self, listed: Iterable[str]) -> None:
        """Drop what the server no longer lists, so that the cursor does not grow for ever."""
        names = set(listed)
        self.observed = {name: seen for name, seen in self.observed.items() if name in names}
        self.known = {name: known for name, known in self.known.items() if name in names}

    def is_done(self, file: RemoteFile) -> bool:
        """True when exactly this file was dealt with."""
        known = self.known.get(file.name)
        return known is not None and (known.size, known.modified) == (file.size, file.modified)

    def is_stable(self, file: RemoteFile) -> bool:
        """True when the poll before saw the same size and time; otherwise notes what this poll sees."""
        seen = (file.size, file.modified)
        if self.observed.get(file.name) == seen:
            return True
        self.observed[file.name] = seen
        return False

    def same_content(self, sha256: str) -> str | None:
        """Name of a file with that content, None when it is new."""
        return next((name for name, known in self.known.items() if known.sha256 == sha256), None)

    def next_version(self, name: str) -> int:
        """0 for a new name; one more for each content that the name had."""
        known = self.known.get(name)
        return 0 if known is None or not known.sha256 else known.version + 1

    def finish(self, file: RemoteFile, sha256: str, version: int) -> None:
        """The file is dealt with."""
        self.observed.pop(file.name, None)
        self.known[file.name] = KnownFile(file.size, file.modified, sha256, version)
