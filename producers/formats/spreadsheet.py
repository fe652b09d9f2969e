"""Workbooks (.xlsx, .xlsb, .xls, .ods): their rows, read by the same mappings as delimited text.

A workbook keeps numbers as binary floats. Each is taken as the shortest decimal that is that float, which is what was typed; an
amount with more decimals than its currency has, such as the unrounded result of a formula, is quarantined and never rounded.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from producers.errors import FileFormatError
from producers.formats.contract import Event, ParseOptions
from producers.formats.csv_columns import CsvMapping
from producers.formats.csv_inference import DateCell, NumberCell
from producers.formats.csv_listing import listing
from producers.formats.csv_table import Row, find_layout
from producers.formats.mappings import mapping_of
from producers.formats.workbook_guard import guard_workbook, is_workbook

__all__ = ["parse", "recognise"]

_READER = Path(__file__).with_name("workbook_reader.py")
_MAX_SECONDS = 300
"""The reader limits its own CPU time; this is for a machine that gives it none."""

recognise = is_workbook


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a workbook: one LISTING with an entry per row of the sheet that has a header.

    Args:
        stream: seekable.
        options: `mapping` is a `CsvMapping` as a dictionary; its `sheet` decides between several sheets with a header.

    Raises:
        FileFormatError: no workbook, encrypted, too large, or not exactly one sheet with a header.
        ContractChangeError: the header is not the one that the mapping pins.
        ConfigurationError: the mapping is wrong.
    """
    mapping = mapping_of(options.mapping)
    guard_workbook(stream)
    with closing(_unpacked(stream)) as rows:
        yield from listing([_only(_sheets(rows), mapping)], options)


def _unpacked(stream: BinaryIO) -> BinaryIO:
    """Rows of the workbook, as the reader process writes them.

    Raises:
        FileFormatError: the process found no workbook, or did not survive it.
    """
    rows = TemporaryFile()  # noqa: SIM115 (closed by the caller, or here when there are none)
    try:
        _run_reader(stream, rows)
    except FileFormatError:
        rows.close()
        raise
    rows.seek(0)
    return rows


def _run_reader(stream: BinaryIO, rows: BinaryIO) -> None:
    with TemporaryFile() as content, TemporaryFile() as problems:
        while chunk := stream.read(1 << 20):
            content.write(chunk)
        content.seek(0)
        command = [sys.executable, "-I", str(_READER)]
        try:
            done = subprocess.run(command, stdin=content, stdout=rows, stderr=problems, timeout=_MAX_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise FileFormatError(f"the workbook was not read in {_MAX_SECONDS} seconds; have it sent as CSV") from error
        problems.seek(0)
        told = problems.readline(400).decode("utf-8", "replace").strip()
    if done.returncode:
        raise FileFormatError(f"the workbook cannot be read ({told}); have it saved anew without a password, or as CSV")


def _sheets(rows: BinaryIO) -> list["_SheetTable"]:
    found = []
    while line := rows.readline():
        if line.startswith(b'"'):
            found.append(_SheetTable(json.loads(line), rows, rows.tell()))
    return found


def _only(tables: list["_SheetTable"], mapping: CsvMapping) -> "_SheetTable":
    names = ", ".join(table.name for table in tables)
    if mapping.sheet is not None:
        tables = [table for table in tables if table.name == mapping.sheet]
        if not tables:
            raise FileFormatError(f"there is no sheet {mapping.sheet!r}; there are {names}")
    headed = [table for table in tables if find_layout([table], mapping) is not None]
    if len(headed) == 1:
        return headed[0]
    if not headed:
        raise FileFormatError(f"none of the sheets {names} has a header row with a date and an amount")
    names = ", ".join(table.name for table in headed)
    raise FileFormatError(f"the sheets {names} all have a header; say which by sheet of the mapping")


class _SheetTable:
    """A sheet as a table; a row's line is its number in the sheet."""

    def __init__(self, name: str, content: BinaryIO, begins: int) -> None:
        self.name = name
        self._content = content
        self._begins = begins

    def rows(self) -> Iterator[Row]:
        """Every row from the first of the sheet."""
        at, line = self._begins, 0
        while True:
            self._content.seek(at)
            text = self._content.readline()
            if not text.startswith(b"["):
                return
            at, line = self._content.tell(), line + 1
            cells = [_typed(cell) for cell in json.loads(text)]
            yield Row(line, cells, "\t".join(cells))


def _typed(cell: Any) -> str:
    """A cell as text; dates and numbers keep their kind, because they have no format to be told."""
    if isinstance(cell, str):
        return cell
    return DateCell(cell["d"]) if "d" in cell else NumberCell(cell["n"])
