"""Reading one file for `reconduit inspect`: its statements with their proofs, its findings and what had to be left out."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from producers.errors import ProducerError
from producers.formats.continuity import EntriesDigest, SeenStatement, continuity_findings
from producers.formats.contract import BadEntry, Entry, Event, Finding, ParseOptions, StatementEnd, StatementStart
from producers.formats.sniff import sniff_stream
from reconciler.balance_chain import ChainFaultKind
from schemas.records import Proof

__all__ = ["FileReport", "StatementReport", "inspect_file", "relate"]

_LONG_BYTES = 4 << 20
"""Files from this size on have a progress bar on a terminal."""


@dataclass(slots=True)
class StatementReport:
    """One statement. `entries` counts those that were read, `shown` has the first of them, or all when asked for."""

    start: StatementStart
    end: StatementEnd | None = None
    entries: int = 0
    details: int = 0
    findings: list[Finding] = field(default_factory=list)
    shown: list[Entry] = field(default_factory=list)
    digest: EntriesDigest = field(default_factory=EntriesDigest)


@dataclass(slots=True)
class FileReport:
    """One file.

    Attributes:
        format: name of the format, None when none recognises the file.
        error: why the file cannot be read as a whole, None when it can; it then has no statements.
        quarantined: entries that cannot be read.
    """

    file: str
    format: str | None = None
    statements: list[StatementReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    quarantined: list[BadEntry] = field(default_factory=list)
    error: str | None = None

    @property
    def version(self) -> str:
        """Message version of the first statement as the file writes it, empty without one."""
        return self.statements[0].start.version if self.statements else ""

    @property
    def flawed(self) -> bool:
        """A proof failed, of a statement or of what it carries over, or something was quarantined."""
        return bool(self.quarantined) or any(
            (report.end and report.end.proof is Proof.FAILED)
            or any(finding.code == ChainFaultKind.BALANCE_GAP for finding in report.findings)
            for report in self.statements
        )


def inspect_file(path: str, options: ParseOptions, *, most_entries: int | None, name: str | None = None) -> FileReport:
    """What a file is.

    Args:
        path: its name, or `-` for standard input.
        options: what the file may leave out.
        most_entries: how many entries of each statement are kept to be shown, None for all.
        name: what it is called in the report, where that is not its path.
    """
    report = FileReport(name or ("stdin" if path == "-" else path))
    try:
        with _open(path, report.file) as stream:
            found = sniff_stream(stream)
            report.format = found.name
            _collect(report, found.parse(stream, options), most_entries)
    except OSError as error:
        report.error = f"cannot be read: {error.strerror or error}"
    except ProducerError as error:
        report.error = str(error)
    if report.error is not None:
        # What a file that is cut short or hostile said before that is not to be relied on.
        report.statements, report.findings, report.quarantined = [], [], []
    return report


def relate(reports: Sequence[FileReport]) -> None:
    """Add what the statements of all files say of each other to the findings of each."""
    told = [(file, one, one.end) for file in reports for one in file.statements if one.end is not None]
    seen = [SeenStatement(file.file, end, one.entries, one.digest.value()) for file, one, end in told]
    for index, finding in continuity_findings(seen):
        told[index][1].findings.append(finding)


def _collect(report: FileReport, events: Iterable[Event], most_entries: int | None) -> None:
    current: StatementReport | None = None
    for event in events:
        match event:
            case StatementStart():
                current = StatementReport(event)
                report.statements.append(current)
            case Finding():
                (current.findings if current else report.findings).append(event)
            case BadEntry():
                report.quarantined.append(event)
            case StatementEnd() if current is not None:
                current.end = event
            case Entry() if current is not None:
                current.entries += 1
                current.digest.add(event)
                current.details += len(event.details)
                if most_entries is None or current.entries <= most_entries:
                    current.shown.append(event)
            case _:
                pass


def _open(path: str, name: str) -> BinaryIO:
    if path == "-":
        return BytesIO(sys.stdin.buffer.read())
    console = Console(stderr=True)
    if not console.is_terminal or Path(path).stat().st_size < _LONG_BYTES:
        return Path(path).open("rb")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return _WithProgress(path, name, Progress(*columns, console=console, transient=True))


class _WithProgress(BytesIO):
    """A file that shows how far it is read. Only the reading methods of the base class are used."""

    def __init__(self, path: str, name: str, progress: Progress) -> None:
        super().__init__()
        self._file = Path(path).open("rb")  # noqa: SIM115 (closed with the object)
        self._progress = progress
        self._task = progress.add_task(Path(name).name, total=Path(path).stat().st_size)
        progress.start()

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._file.read(-1 if size is None else size)
        self._progress.update(self._task, completed=self._file.tell())
        return data

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._progress.stop()
        self._file.close()
        super().close()
