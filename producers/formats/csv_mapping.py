"""Delimited text files (CSV, TSV): read by a declared mapping, by a ready-made one, or by their headers where those say it all.

A delimited file has no terminator: a file cut between two rows cannot be told from a shorter one.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.contract import Event, ParseOptions
from producers.formats.csv_columns import CsvMapping
from producers.formats.csv_listing import listing
from producers.formats.csv_table import Row, find_layout
from producers.formats.mappings import mapping_of

__all__ = ["CsvMapping", "parse", "recognise"]

_DELIMITERS = ",;\t|"
_MOST_LINES_OF_A_CELL = 1000


def recognise(head: bytes) -> bool:
    """True when one of the first rows is a header that names a date and an amount."""
    content = io.BytesIO(head)
    tables = [_TextTable(content, "utf-8-sig", delimiter, len(head) + 1, errors="replace") for delimiter in _DELIMITERS]
    try:
        return find_layout(tables, CsvMapping()) is not None
    except (csv.Error, FileFormatError):
        return False


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a delimited file: one LISTING with an entry per row.

    Args:
        stream: seekable.
        options: `mapping` is a `CsvMapping` as a dictionary.

    Raises:
        FileFormatError: no header row, undecodable text, a row too long, or dates or amounts that are ambiguous.
        ContractChangeError: the header is not the one that the mapping pins.
        ConfigurationError: the mapping is wrong.
    """
    mapping = mapping_of(options.mapping)
    encoding = _encoding(stream, mapping)
    tables = [_TextTable(stream, encoding, delimiter, options.max_line_bytes) for delimiter in mapping.delimiter or _DELIMITERS]
    try:
        yield from listing(tables, options, encoding="utf-8" if encoding.startswith("utf") else encoding)
    except UnicodeDecodeError as error:
        raise FileFormatError(f"byte {error.start}: not {encoding}; set encoding of the mapping (often cp1252)") from error
    except csv.Error as error:
        raise FileFormatError(f"no delimited text: {error}") from error


def _encoding(stream: BinaryIO, mapping: CsvMapping) -> str:
    mark = stream.read(2)
    stream.seek(0)
    return "utf-16" if mark in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else mapping.encoding


class _TextTable:
    """A delimited file read with one delimiter."""

    def __init__(self, stream: BinaryIO, encoding: str, delimiter: str, max_line: int, errors: str = "strict") -> None:
        self._stream = stream
        self._encoding = encoding
        self._delimiter = delimiter
        self._max_line = max_line
        self._errors = errors

    def rows(self) -> Iterator[Row]:
        """Every row; one that is quoted over several lines has the number of the first."""
        self._stream.seek(0)
        text = io.TextIOWrapper(self._stream, encoding=self._encoding, errors=self._errors, newline="")
        raw: list[str] = []

        def lines() -> Iterator[str]:
            while line := text.readline(self._max_line):
                if len(line) >= self._max_line:
                    raise FileFormatError(
                        f"line {reader.line_num + 1}: longer than {self._max_line} characters; this is no statement row"
                    )
                raw.append(line)
                if len(raw) > _MOST_LINES_OF_A_CELL:
                    raise FileFormatError(
                        f"line {reader.line_num}: a quoted cell goes on for more than {_MOST_LINES_OF_A_CELL} lines; a quote is"
                        " not closed"
                    )
                yield line

        reader = csv.reader(lines(), delimiter=self._delimiter)
        try:
            begins = 1
            for row in reader:
                yield Row(begins, row, "".join(raw))
                raw.clear()
                begins = reader.line_num + 1
        finally:
            text.detach()
