"""What the source's cursor remembers of its files: which are still being watched, which were read, with which content."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from producers.kit.contract import Cursor
from producers.providers.sftp_drop.session import RemoteFile

__all__ = ["FileLedger", "KnownFile", "KnownRecord", "KnownStatement", "member_name"]

_MOST_STATEMENTS = 400
_MOST_RECORDS = 20_000
"""Statements that are remembered for comparison, and the records kept with them; the cursor is one row of the database."""
_MOST_WITHDRAWN = 2_000


def member_name(archive: str, member: str) -> str:
    """How positions and the ledger name a file inside an archive."""
    return f"{archive}!{member}"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was dealt with.

    `version` counts the contents seen under its name, from 0; `sha256` is empty for a file that was refused unread.
    """

    size: int
    modified: int
    sha256: str
    version: int


class KnownRecord(NamedTuple):
    """A record that was published, as far as it takes to withdraw it: signed minor units, the booking date in ISO 8601."""

    txn_id: str
    signed_minor: int
    currency: str
    booked_on: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class KnownStatement:
    """A statement that was published: digest of its entries, the revision it came with, and its records while there is room."""

    key: str
    digest: str
    revision: int
    records: tuple[KnownRecord, ...] = ()


@dataclass(slots=True)
class FileLedger:
    """The cursor, unpacked.

    Attributes:
        observed: size and time of files that are waiting to be seen unchanged.
        known: files that were dealt with, by name.
        accounts: continuity per account, see `watermark.py`.
        trailers: size and time of the trailer that a file was read with.
        waiting: files that lack something, with the Unix time of the first poll that saw it so, and whether a person was told.
        statements: what was published, oldest first.
        withdrawn: ids of records that were withdrawn, with the revision that did it, oldest first.
    """

    observed: dict[str, tuple[int, int]] = field(default_factory=dict)
    known: dict[str, KnownFile] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)
    trailers: dict[str, tuple[int, int]] = field(default_factory=dict)
    waiting: dict[str, tuple[int, bool]] = field(default_factory=dict)
    statements: list[KnownStatement] = field(default_factory=list)
    withdrawn: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: Cursor) -> "FileLedger":
        """The ledger of a stored cursor; empty for `{}`."""
        return cls(
            observed={name: (size, modified) for name, (size, modified) in cursor.get("observed", {}).items()},
            known={name: KnownFile(*row) for name, row in cursor.get("files", {}).items()},
            accounts=dict(cursor.get("accounts", {})),
            trailers={name: (size, modified) for name, (size, modified) in cursor.get("trailers", {}).items()},
            waiting={name: (since, told) for name, (since, told) in cursor.get("waiting", {}).items()},
            statements=[
                KnownStatement(key, digest, revision, tuple(KnownRecord(*row) for row in rows))
                for key, digest, revision, rows in cursor.get("statements", [])
            ],
            withdrawn=dict(cursor.get("withdrawn", {})),
        )

    def to_cursor(self) -> Mapping[str, Any]:
        """The ledger as JSON."""
        return {
            "observed": {name: list(seen) for name, seen in sorted(self.observed.items())},
            "files": {
                name: [known.size, known.modified, known.sha256, known.version] for name, known in sorted(self.known.items())
            },
            "accounts": dict(self.accounts),
            "trailers": {name: list(seen) for name, seen in sorted(self.trailers.items())},
            "waiting": {name: list(since) for name, since in sorted(self.waiting.items())},
            "statements": [
                [known.key, known.digest, known.revision, [list(record) for record in known.records]] for known in self.statements
            ],
            "withdrawn": self.withdrawn,
        }

    def forget_missing(self, listed: Iterable[str]) -> None:
        """Drop what the server no longer lists, so that the cursor does not grow for ever."""
        names = set(listed)
        self.trailers = {name: seen for name, seen in self.trailers.items() if name in names}
        self.observed = {name: seen for name, seen in self.observed.items() if name in names}
        self.known = {name: known for name, known in self.known.items() if name in names or _archives_of(name) & names}

    def is_done(self, file: RemoteFile, trailer: RemoteFile | None = None) -> bool:
        """True when exactly this file was dealt with, with this trailer."""
        known = self.known.get(file.name)
        if known is None or (known.size, known.modified) != (file.size, file.modified):
            return False
        return trailer is None or self.trailers.get(file.name) == (trailer.size, trailer.modified)

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

    def statement(self, key: str) -> KnownStatement | None:
        """What was published of a statement, None when it is new."""
        return next((known for known in self.statements if known.key == key), None)

    def remember(self, statement: KnownStatement) -> None:
        """Keep what was published, newest last; the records of the oldest go first, then the statements."""
        self.statements = [known for known in self.statements if known.key != statement.key][-_MOST_STATEMENTS + 1 :]
        self.statements.append(statement)
        room = _MOST_RECORDS
        for at in range(len(self.statements) - 1, -1, -1):
            known = self.statements[at]
            room -= len(known.records)
            if room < 0 and known.records:
                self.statements[at] = KnownStatement(known.key, known.digest, known.revision)

    def withdraw(self, ids: Iterable[str], revision: int) -> None:
        """Keep which records were withdrawn, so that one that comes back outranks its withdrawal."""
        for txn_id in ids:
            self.withdrawn.pop(txn_id, None)
            self.withdrawn[txn_id] = revision
        for txn_id in list(self.withdrawn)[:-_MOST_WITHDRAWN]:
            del self.withdrawn[txn_id]


def _archives_of(name: str) -> set[str]:
    """Names of the archives that a member's name may belong to."""
    parts = name.split("!")
    return {"!".join(parts[:end]) for end in range(1, len(parts))}
