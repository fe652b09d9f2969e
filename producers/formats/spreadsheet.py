"""Workbooks (.xlsx, .xls): their rows, read by the same mappings as delimited text.

A workbook keeps numbers as binary floats. Each is taken as the shortest decimal that is that float, which is what was typed; an
amount with more decimals than its currency has, such as the unrounded result of a formula, is quarantined and never rounded.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from producers.errors import FileFormatError
from producers.formats.contract import Event, ParseOptions
from producers.formats.csv_columns import CsvMapping
from producers.formats.csv_inference import DateCell, NumberCell
from producers.formats.csv_listing import listing
from producers.formats.csv_table import Row, find_layout
from producers.formats.mappings import mapping_of
from producers.formats.workbook_guard import guard_workbook, is_workbook

__all__ = ["parse", "recognise"]

_MAX_SHEETS = 100
_MAX_CELL_CHARACTERS = 32_767
"""What a cell may hold in Excel."""
_Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

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
    try:
        with CalamineWorkbook.from_filelike(BytesIO(stream.read())) as workbook:
            tables = [_SheetTable(workbook.get_sheet_by_name(name)) for name in _sheet_names(workbook, mapping)]
            yield from listing([_only(tables, mapping)], options)
    except CalamineError as error:
        raise FileFormatError(f"the workbook cannot be read: {error}; have it saved anew without a password") from error


def _sheet_names(workbook: CalamineWorkbook, mapping: CsvMapping) -> list[str]:
    sheets = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if mapping.sheet is not None:
        if mapping.sheet not in sheets:
            raise FileFormatError(f"there is no sheet {mapping.sheet!r}; there are {', '.join(sheets)}")
        return [mapping.sheet]
    if len(sheets) > _MAX_SHEETS:
        raise FileFormatError(f"the workbook has {len(sheets)} sheets; say which by sheet of the mapping")
    return sheets


def _only(tables: list["_SheetTable"], mapping: CsvMapping) -> "_SheetTable":
    headed = [table for table in tables if find_layout([table], mapping) is not None]
    if len(headed) == 1:
        return headed[0]
    if not headed:
        raise FileFormatError("no sheet has a header row with a date and an amount")
    names = ", ".join(table.name for table in headed)
    raise FileFormatError(f"the sheets {names} all have a header; say which by sheet of the mapping")


class _SheetTable:
    """A sheet as a table; a row's line is its number in the sheet."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self.name = sheet.name
        self._sheet = sheet

    def rows(self) -> Iterator[Row]:
        """Every row from the first that has a cell."""
        start = self._sheet.start
        if start is None:
            return
        for line, cells in enumerate(self._sheet.to_python(skip_empty_area=True), start=start[0] + 1):
            texts = [_text(cell, line) for cell in cells]
            yield Row(line, texts, "\t".join(texts))


def _text(cell: _Cell, line: int) -> str:
    """What a cell says, as text; dates and numbers keep their kind, because they have no format to be told."""
    if isinstance(cell, str):
        if len(cell) > _MAX_CELL_CHARACTERS:
            raise FileFormatError(f"row {line}: a cell of {len(cell)} characters; this is no statement")
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, dt.datetime):
        return DateCell(cell.date().isoformat())
    if isinstance(cell, dt.date):
        return DateCell(cell.isoformat())
    if isinstance(cell, int | float):
        return NumberCell(_decimal(cell))
    return str(cell)


def _decimal(number: float) -> str:
    exact = Decimal(repr(number))
    if not exact.is_finite():
        return repr(number)
    if exact == exact.to_integral_value():
        return str(int(exact))
    return format(exact, "f")
