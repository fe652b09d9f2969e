"""Which files of a listing are whole, and which have waited too long for what is missing. Nothing is ever guessed.

Trailers may come before their data, without it, or never: a file without its trailer is not read however long it lies there, and
the wait is told to a person instead.
"""

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase

import structlog

from producers.providers.sftp_drop.ledger import FileLedger
from producers.providers.sftp_drop.names import is_control, is_unfinished
from producers.providers.sftp_drop.options import Completeness, SftpDropOptions
from producers.providers.sftp_drop.patterns import is_wanted
from producers.providers.sftp_drop.session import RemoteFile
from reconduit.metrics import OVERDUE_FILES

__all__ = ["Arrivals", "Missing"]

_log = structlog.get_logger(__name__)


class Missing(StrEnum):
    """What a file waits for."""

    TRAILER = "trailer"
    DATA = "data"
    END = "end"
    PERMISSION = "permission"


class Arrivals:
    """One round's listing: data files, their trailers, and who waits for what.

    Args:
        listed: every file of the drop.
        options: the feed's.
        ledger: updated with what waits.
        source: for log and metric.
        now: time of the round, aware UTC.
    """

    def __init__(
        self, listed: Iterable[RemoteFile], options: SftpDropOptions, ledger: FileLedger, source: str, now: dt.datetime
    ) -> None:
        self._options = options
        self._ledger = ledger
        self._source = source
        self._now = int(now.timestamp())
        self._waiting: dict[str, Missing] = {}
        visible = [file for file in listed if not is_unfinished(file.name)]
        has_trailers = options.completeness is Completeness.TRAILER
        self._trailers = {file.name: file for file in visible if has_trailers and self._is_trailer(file.name)}
        data = [file for file in visible if file.name not in self._trailers and not is_control(file.name)]
        self.data = sorted(
            (file for file in data if is_wanted(file.name, options.patterns, options.exclude)),
            key=lambda file: (file.modified, file.name),
        )
        """Files to read, oldest first."""
        if has_trailers:
            expected = {options.trailer.of(name) for name in (*(file.name for file in data), *ledger.known)}
            for name in self._trailers.keys() - expected:
                self._waiting[name] = Missing.DATA

    def names_to_keep(self) -> set[str]:
        """Files whose ledger rows are still needed: those listed, and those whose trailer still lies there."""
        kept = {file.name for file in self.data}
        return kept | {name for name in self._ledger.known if self._options.trailer.of(name) in self._trailers}

    def trailer_of(self, file: RemoteFile) -> RemoteFile | None:
        """The trailer of a data file, None when it has none, or the feed has none."""
        return self._trailers.get(self._options.trailer.of(file.name))

    def is_ready(self, file: RemoteFile) -> bool:
        """Whether the feed's sign of completeness is there."""
        if self._options.completeness is Completeness.RENAME:
            return True
        if self._options.completeness is Completeness.TRAILER:
            if self.trailer_of(file) is None:
                self.wait(file, Missing.TRAILER)
                return False
            return True
        quiet = self._options.quiet_seconds
        if quiet is not None and self._now - file.modified >= quiet:
            return True
        return self._ledger.is_stable(file)

    def is_settled(self, file: RemoteFile) -> bool:
        """Whether the file has been unchanged so long that nobody still writes its end."""
        since = file.modified
        if since > self._now:  # the server's clock is ahead: only our own tells how long it has been
            since, _ = self._ledger.waiting.get(file.name, (self._now, False))
        return self._now - since >= self._options.unterminated_seconds

    def wait(self, file: RemoteFile, missing: Missing) -> None:
        """The file is left for a later round."""
        self._waiting[file.name] = missing

    def close(self) -> None:
        """Count and tell who waits too long; called at the end of a round."""
        before, self._ledger.waiting = self._ledger.waiting, {}
        overdue = dict.fromkeys(Missing, 0)
        for name, missing in sorted(self._waiting.items()):
            since, told = before.get(name, (self._now, False))
            if self._now - since >= self._options.overdue_seconds:
                overdue[missing] += 1
                if not told:
                    _log.warning(
                        "file is overdue", source=self._source, file=name, missing=missing.value, seconds=self._now - since
                    )
                told = True
            self._ledger.waiting[name] = (since, told)
        for missing, count in overdue.items():
            OVERDUE_FILES.labels(self._source, missing.value).set(count)

    def _is_trailer(self, name: str) -> bool:
        last = name.rsplit("/", 1)[-1]
        shape = self._options.trailer.name.replace("{name}", "*").replace("{stem}", "*")
        return fnmatchcase(last, shape)
