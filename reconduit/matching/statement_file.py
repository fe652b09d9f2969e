"""Reading one file for `reconduit match`: whatever its format, as entries with an id each."""

import datetime as dt
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from producers.errors import FileFormatError, ProducerError
from producers.formats.contract import BadEntry, Entry, Finding, ParseOptions, StatementEnd
from producers.formats.registry import StatementFormat, format_named
from producers.formats.sniff import sniff_stream
from reconciler.reconciliation import CsvColumns
from schemas.records import Proof

__all__ = ["NO_CURRENCY", "FileEntries", "read_file"]

NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency; amounts of a file that names none have two decimals."""

_HEADERS = (
    "id", "date", "value_date", "amount", "debit", "credit", "direction", "currency", "reference", "description",
    "counterparty", "account", "channel",
)  # fmt: skip
_SETTINGS = ("date_format", "decimal", "delimiter", "encoding", "signs")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FileEntries:
    """What a file has.

    Attributes:
        entries: with their ids, which are unique within the file.
        complete_through: end (UTC) of the last day that a statement covers; None for a listing, which is all there is.
        warnings: what a person should know, each beginning with the file's name.
    """

    path: str
    entries: tuple[tuple[str, Entry], ...]
    complete_through: dt.datetime | None
    warnings: tuple[str, ...]

    @property
    def currencies(self) -> set[str]:
        """Currencies of the entries."""
        return {entry.currency for _, entry in self.entries}


def read_file(path: str, columns: CsvColumns | None, default_currency: str | None) -> FileEntries:
    """Every entry of a file.

    Args:
        path: its name, or `-` for standard input.
        columns: how a CSV file is to be read.
        default_currency: ISO 4217, for files that name none.

    Raises:
        FileFormatError: the file cannot be read as any known format, or some of its entries cannot; each is named by its line.
        ProducerError: the column mapping does not fit the file.
    """
    name = "stdin" if path == "-" else path
    options = ParseOptions(default_currency=default_currency, mapping=_mapping(columns or CsvColumns()))
    entries: list[Entry] = []
    bad: list[BadEntry] = []
    warnings: list[str] = []
    closing: list[dt.date | None] = []
    try:
        with _open(path) as stream:
            for event in _format(stream, options).parse(stream, options):
                match event:
                    case Entry():
                        entries.append(event)
                    case BadEntry():
                        bad.append(event)
                    case Finding(code="currency_assumed"):
                        pass  # the documented default of the command, not news
                    case Finding():
                        warnings.append(f"{name}:{event.line}: {event.message}")
                    case StatementEnd():
                        closing.append(event.closing.date if event.closing else None)
                        if event.proof is Proof.FAILED:
                            warnings.append(f"{name}:{event.line}: opening balance, entries and closing balance do not add up")
                    case _:
                        pass
    except OSError as error:
        raise FileFormatError(f"{name} cannot be read: {error.strerror}") from error
    except ProducerError as error:
        raise type(error)(f"{name}: {error}") from error
    _refuse(name, bad, entries)
    return FileEntries(name, _identified(name, entries), _complete_through(entries, closing), tuple(warnings))


def _open(path: str) -> BinaryIO:
    return BytesIO(sys.stdin.buffer.read()) if path == "-" else Path(path).open("rb")


def _format(stream: BinaryIO, options: ParseOptions) -> StatementFormat:
    """The format by content. A file that nothing recognises is CSV when the rules say how its columns are called."""
    try:
        return sniff_stream(stream)
    except FileFormatError:
        if not options.mapping["columns"]:
            raise
        return format_named("csv")


def _mapping(columns: CsvColumns) -> Mapping[str, Any]:
    headers = {name: getattr(columns, name) for name in _HEADERS if getattr(columns, name) is not None}
    settings = {name: getattr(columns, name) for name in _SETTINGS if getattr(columns, name) is not None}
    return {"columns": headers, **settings}


def _refuse(name: str, bad: list[BadEntry], entries: list[Entry]) -> None:
    """A result without the entries that cannot be read would be wrong, so there is none."""
    problems = [f"{name}:{entry.line}: {entry.detail}" for entry in bad]
    problems += [f"{name}:{entry.line}: no date" for entry in entries if (entry.booking_date or entry.value_date) is None]
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise FileFormatError("\n".join([f"{len(problems)} entries of {name} cannot be read:", *problems[:_SHOWN], *more]))


def _identified(name: str, entries: list[Entry]) -> tuple[tuple[str, Entry], ...]:
    """Each entry with its own id where that is unique in the file, else FILE:LINE, numbered where a line has several."""
    own = Counter(entry.entry_id or entry.bank_reference for entry in entries)
    lines = Counter(entry.line for entry in entries)
    found = []
    for number, entry in enumerate(entries, start=1):
        identity = entry.entry_id or entry.bank_reference
        if identity is None or own[identity] > 1:
            identity = f"{name}:{entry.line}" + (f"#{number}" if lines[entry.line] > 1 else "")
        found.append((identity, entry))
    return tuple(found)


def _complete_through(entries: list[Entry], closing: list[dt.date | None]) -> dt.datetime | None:
    """The end of the latest closing balance's day, and never before the last entry."""
    closed = [date for date in closing if date is not None]
    if not closed:
        return None
    last = max(*closed, *(entry.booking_date or closed[0] for entry in entries), closed[0])
    return dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
