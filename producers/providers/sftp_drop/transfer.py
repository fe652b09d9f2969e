"""One transferred file → one page: opened, parsed, held against its trailer and against what came before."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from producers.errors import FileFormatError
from producers.formats.canonical import CanonicalFile
from producers.kit.contract import BadRecord, Page, RawObject
from producers.providers.sftp_drop.download import Download
from producers.providers.sftp_drop.intake import FileIntake
from producers.providers.sftp_drop.ledger import FileLedger
from producers.providers.sftp_drop.opening import ContainedFile, FileOpening
from producers.providers.sftp_drop.options import SftpDropOptions
from producers.providers.sftp_drop.redelivery import needed_revision, settle
from producers.providers.sftp_drop.session import RemoteFile
from producers.providers.sftp_drop.terminators import is_terminated
from producers.providers.sftp_drop.trailer import broken_promises
from producers.providers.sftp_drop.watermark import new_watermarks
from schemas.records import CanonicalStatement

__all__ = ["Transfer", "Unterminated"]

_log = structlog.get_logger(__name__)


class Unterminated(Exception):  # noqa: N818 - a state of the file, not an error
    """A file does not end as its format does, and may still be growing."""


class Transfer:
    """Makes pages of one feed's files.

    Args:
        source: name of the source.
        tenant_id: its tenant.
        options: the feed's.
        opening: opens envelopes.
        intake: reads files.
    """

    def __init__(self, source: str, tenant_id: str, options: SftpDropOptions, opening: FileOpening, intake: FileIntake) -> None:
        self._source = source
        self._tenant = tenant_id
        self._options = options
        self._opening = opening
        self._intake = intake

    def page(
        self,
        file: RemoteFile,
        download: Download,
        landing: Path,
        ledger: FileLedger,
        now: dt.datetime,
        *,
        promises: Callable[[], Mapping[str, str]],
        is_settled: bool,
    ) -> Page | None:
        """The page of a file; None when all of it is known already, which the ledger then says.

        Args:
            file: as listed.
            download: its bytes, as transferred.
            landing: for what is unpacked.
            ledger: changed in place.
            now: time of the round, aware UTC.
            promises: what the file's trailer says of it; a `FileFormatError` of it is the file's.
            is_settled: nobody writes the file any more, so a missing end is judged.

        Raises:
            Unterminated: the file's end is missing and may still come; the ledger is unchanged.
        """
        try:
            promised = promises()
            contained = self._opening.open(file.name, download, landing)
        except FileFormatError as error:
            return self._refused(file, download, ledger, str(error))
        fresh = [one for one in contained if not self._is_known(one, file, ledger)]
        if not fresh:
            if len(contained) > 1 or contained[0].name != file.name:
                ledger.finish(file, download.sha256, 0)
            else:
                ledger.finish(file, contained[0].content.sha256, ledger.known[file.name].version)
            return None
        if not is_settled and not all(is_terminated(one.content.path, self._options.format) for one in fresh):
            raise Unterminated(file.name)
        read = [(one, *self._read(one, ledger, now)) for one in (contained if promised else fresh)]
        broken = broken_promises(
            promised,
            self._options.trailer,
            size=download.size,
            sha256=download.sha256,
            statements=[statement for _, content, _, _ in read for statement in content.statements],
        )
        if broken:
            return self._refused(file, download, ledger, "; ".join(broken), reason="trailer_mismatch")
        return self._released(file, download, [row for row in read if row[0] in fresh], contained, ledger, now)

    def _is_known(self, one: ContainedFile, file: RemoteFile, ledger: FileLedger) -> bool:
        twin = ledger.same_content(one.content.sha256)
        if twin is None:
            return False
        _log.info("file has the content of another one and is skipped", source=self._source, file=one.name, same_as=twin)
        if one.name not in ledger.known:
            version = ledger.known[twin].version
            ledger.finish(RemoteFile(one.name, file.size, file.modified), one.content.sha256, version)
        return True

    def _read(self, one: ContainedFile, ledger: FileLedger, now: dt.datetime) -> tuple[CanonicalFile, RawObject, int]:
        version = ledger.next_version(one.name)
        if version:
            _log.warning("file has new content under the same name", source=self._source, file=one.name, version=version)
        content, raw = self._intake.read(one.name, one.content, version, now)
        needed = needed_revision(content, ledger, version)
        if needed != version:
            content, raw = self._intake.read(one.name, one.content, needed, now)
        return content, raw, needed

    def _released(
        self,
        file: RemoteFile,
        download: Download,
        read: list[tuple[ContainedFile, CanonicalFile, RawObject, int]],
        contained: list[ContainedFile],
        ledger: FileLedger,
        now: dt.datetime,
    ) -> Page:
        whole = CanonicalFile()
        rows: list[Mapping[str, Any]] = []
        marks: list[CanonicalStatement] = []
        for one, first, _raw, first_revision in read:
            content, revision = first, needed_revision(first, ledger, first_revision)
            if revision != first_revision:  # a member before it in the same archive has the same statement
                content, _ = self._intake.read(one.name, one.content, revision, now)
            for finding in content.findings:
                _log.warning("statement finding", source=self._source, file=one.name, code=finding.code, message=finding.message)
            is_repetition = settle(content, ledger, one.name, revision)
            outcome = "duplicate" if is_repetition else "published" if content.statements else "quarantined"
            rows.append(_row(one.content, one.name, outcome, content.entries))
            ledger.finish(RemoteFile(one.name, file.size, file.modified), one.content.sha256, revision)
            marks += new_watermarks(content.statements, ledger.accounts, self._source, self._tenant, now)
            whole.transactions += content.transactions
            whole.statements += content.statements
            whole.bad += content.bad
        if len(contained) > 1 or contained[0].name != file.name:
            ledger.finish(file, download.sha256, 0)
        ledger.observed.pop(file.name, None)
        return Page(
            cursor=ledger.to_cursor(),
            transactions=whole.transactions,
            statements=[*whole.statements, *marks],
            bad=whole.bad,
            raw=[raw for _, _, raw, _ in read],
            fetched=len(whole.transactions) + len(whole.bad),
            files=rows,
        )

    def _refused(
        self, file: RemoteFile, download: Download, ledger: FileLedger, detail: str, reason: str = "malformed_file"
    ) -> Page:
        """A file of which nothing is released: all its bytes go to quarantine."""
        _log.warning("file refused", source=self._source, file=file.name, reason=reason, detail=detail)
        raw = download.path.read_bytes()
        # The digest makes the position of a corrected file under the same name a new one.
        bad = BadRecord(reason, detail, f"{file.name}@{download.sha256[:12]}", raw)
        # Without its digest: the same bytes with a right trailer, or under a right key, are to be read.
        ledger.finish(file, "", 0)
        return Page(
            cursor=ledger.to_cursor(),
            bad=(bad,),
            raw=(RawObject(download.sha256, raw),),
            fetched=1,
            files=(_row(download, file.name, "quarantined", 0),),
        )


def _row(content: Download, name: str, outcome: str, entries: int) -> Mapping[str, Any]:
    return {"sha256": content.sha256, "path": name, "size": content.size, "outcome": outcome, "entries": entries}
