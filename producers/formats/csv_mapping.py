"""Delimited text files (CSV, TSV): read by a declared mapping, or by their headers where those say it all.

Two passes over a seekable stream, both with flat memory: the first finds the header and what the columns look like as a whole,
the second reads the rows. A delimited file has no terminator: a file cut between two rows cannot be told from a shorter one.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producers.errors import FileFormatError
from producers.formats.contract import BadEntry, Event, ParseOptions, StatementEnd, StatementStart
from producers.formats.csv_columns import CsvMapping, mapping_of, recognise_header
from producers.formats.csv_inference import DateFormats, DecimalSeparators
from producers.formats.csv_rows import RowReader, is_filler
from producers.formats.proof import RunningProof

__all__ = ["CsvMapping", "parse", "recognise"]

_DELIMITERS = ",;\t|"
_PREAMBLE_ROWS = 60
"""Banks put 5 to 25 lines of address and account before the header."""


class _Layout(NamedTuple):
    delimiter: str
    header_row: int
    columns: dict[str, int]
    header: list[str]


def recognise(head: bytes) -> bool:
    """True when one of the first rows is a header that names a date and an amount."""
    text = head.decode("utf-8", "replace").lstrip("\ufeff")
    return _find_header(io.StringIO(text, newline=""), CsvMapping()) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a delimited file: one LISTING with an entry per row.

    Args:
        stream: seekable.
        options: `mapping` is a `CsvMapping` as a dictionary.

    Raises:
        FileFormatError: no header row, undecodable text, a row too long, or dates or amounts that are ambiguous.
        ConfigurationError: the mapping is wrong.
    """
    mapping = mapping_of(options.mapping)
    encoding = _encoding(stream, mapping)
    try:
        layout, dates, decimals = _survey(stream, encoding, mapping, options)
        yield from _rows(
            stream,
            encoding,
            layout,
            RowReader(layout.columns, len(layout.header), mapping, options, dates=dates, decimals=decimals),
        )
    except UnicodeDecodeError as error:
        raise FileFormatError(f"byte {error.start}: not {encoding}; set encoding of the mapping (often cp1252)") from error
    except csv.Error as error:
        raise FileFormatError(f"no delimited text: {error}") from error


def _encoding(stream: BinaryIO, mapping: CsvMapping) -> str:
    mark = stream.read(2)
    stream.seek(0)
    return "utf-16" if mark in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else mapping.encoding


def _text(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    stream.seek(0)
    return io.TextIOWrapper(stream, encoding=encoding, newline="")


def _find_header(text: io.TextIOBase, mapping: CsvMapping) -> _Layout | None:
    lines = [line for _, line in zip(range(_PREAMBLE_ROWS), iter(lambda: text.readline(1 << 16), ""), strict=False)]
    best: _Layout | None = None
    for delimiter in mapping.delimiter or _DELIMITERS:
        for number, row in enumerate(csv.reader(lines, delimiter=delimiter)):
            columns = recognise_header(row, mapping)
            if columns and (best is None or len(columns) > len(best.columns)):
                best = _Layout(delimiter, number, columns, row)
    return best


def _survey(
    stream: BinaryIO, encoding: str, mapping: CsvMapping, options: ParseOptions
) -> tuple[_Layout, DateFormats, DecimalSeparators]:
    text = _text(stream, encoding)
    try:
        layout = _find_header(text, mapping)
    finally:
        text.detach()
    if layout is None:
        missing = f"; the mapping names {', '.join(mapping.columns.values())}" if mapping.columns else ""
        raise FileFormatError(f"no header row with a date and an amount in the first {_PREAMBLE_ROWS} rows{missing}")
    dates, decimals = DateFormats(mapping.date_format), DecimalSeparators(mapping.decimal)
    amounts = [layout.columns[name] for name in ("amount", "debit", "credit", "balance") if name in layout.columns]
    for _, row, _ in _data(stream, encoding, layout, options.max_line_bytes):
        if len(row) > layout.columns["date"]:
            dates.see(row[layout.columns["date"]])
        for index in amounts:
            if index < len(row) and row[index].strip():
                decimals.see(row[index])
    return layout, dates, decimals


def _data(stream: BinaryIO, encoding: str, layout: _Layout, max_line_bytes: int) -> Iterator[tuple[int, list[str], list[str]]]:
    """Line number, cells and source lines of every row after the header."""
    text = _text(stream, encoding)
    raw: list[str] = []

    def lines() -> Iterator[str]:
        while line := text.readline(max_line_bytes):
            if len(line) >= max_line_bytes:
                raise FileFormatError(
                    f"line {reader.line_num + 1}: longer than {max_line_bytes} characters; this is no statement row"
                )
            raw.append(line)
            if len(raw) > 1000:
                raise FileFormatError(
                    f"line {reader.line_num}: a quoted cell goes on for more than 1000 lines; a quote is not closed"
                )
            yield line

    reader = csv.reader(lines(), delimiter=layout.delimiter)
    try:
        begins = 1
        for number, row in enumerate(reader):
            if number > layout.header_row:
                yield begins, row, raw
            raw.clear()
            begins = reader.line_num + 1
    finally:
        text.detach()


def _rows(stream: BinaryIO, encoding: str, layout: _Layout, reader: RowReader) -> Iterator[Event]:
    proof = RunningProof()
    started: StatementStart | None = None
    index = 0
    last_line = 0
    for line, row, raw in _data(stream, encoding, layout, reader.max_line_bytes):
        last_line = line
        if is_filler(row) or row == layout.header:
            continue
        index += 1
        outcome = reader.read(row, index, line, "".join(raw).encode("utf-8" if encoding.startswith("utf") else encoding))
        if started is None:
            started = reader.start(line)
            yield started
        if isinstance(outcome, BadEntry):
            proof.bad_entries += 1
        else:
            proof.add(outcome, started.currency)
        yield outcome
    if started is None:
        started = reader.start(1)
        yield started
    yield from reader.findings(last_line)
    yield StatementEnd(
        start=started,
        opening=reader.running.opening,
        closing=reader.running.closing,
        declared=None,
        computed=proof.totals(),
        bad_entries=proof.bad_entries,
        complete=True,
        proof=reader.running.outcome(),
        line=last_line,
        position=str(last_line),
    )
