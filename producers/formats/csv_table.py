"""A table of cells, wherever it comes from, and where its header is: delimited text, a sheet of a workbook, or HTML."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from producers.errors import ContractChangeError, FileFormatError
from producers.formats.csv_columns import Columns, CsvMapping, header_fingerprint, recognise_header
from producers.formats.csv_inference import DateFormats, DecimalSeparators
from producers.formats.mappings import recognise_report, with_settings

__all__ = ["Layout", "Row", "Table", "body", "cell_of", "find_layout", "layout_of", "survey", "trimmed", "without_symbols"]

_PREAMBLE_ROWS = 60
"""Banks put 5 to 25 lines of address and account before the header."""
_AMOUNTS = ("amount", "debit", "credit", "balance", "gross", "net", "fee_columns")


class Row(NamedTuple):
    """One row: its line in the file from 1, its cells, and its text as it stands there, for quarantine.

    `is_total` is set for a row that sums up others.
    """

    line: int
    cells: Sequence[str]
    text: str
    is_total: bool = False


class Table(Protocol):
    """Rows that can be read several times, so that memory need not hold them."""

    def rows(self) -> Iterator[Row]:
        """Every row from the beginning.

        Raises:
            FileFormatError: a row is too long, or the file cannot be read.
        """
        ...


class Layout(NamedTuple):
    """A table whose header is found.

    `mapping` is the feed's, or the ready-made one whose header it is; `fingerprint` names the header.
    """

    table: Table
    header_row: int
    header: Sequence[str]
    columns: Columns
    mapping: CsvMapping
    fingerprint: str


def find_layout(tables: Iterable[Table], mapping: CsvMapping) -> Layout | None:
    """The header among the first rows of several readings of one file: of a known report, else the one that names most columns."""
    best: Layout | None = None
    failed: FileFormatError | None = None
    for table in tables:
        try:
            layout = _layout_in(table, mapping)
        except FileFormatError as error:
            # With a delimiter that is not the file's, quotes may go on for ever.
            failed = error
            continue
        if layout is not None and layout.mapping.name:
            return layout
        if layout is not None and (best is None or len(layout.columns) > len(best.columns)):
            best = layout
    if best is None and failed is not None:
        raise failed
    return best


def _layout_in(table: Table, mapping: CsvMapping) -> Layout | None:
    best: Layout | None = None
    for number, row in enumerate(islice(table.rows(), _PREAMBLE_ROWS)):
        known = None if mapping.name or mapping.columns else recognise_report(row.cells)
        used = with_settings(known, mapping) if known else mapping
        columns = recognise_header(row.cells, used)
        if columns and (known or best is None or len(columns) > len(best.columns)):
            best = Layout(table, number, row.cells, columns, used, header_fingerprint(row.cells))
            if known:
                break
    return best


def layout_of(tables: Iterable[Table], mapping: CsvMapping) -> Layout:
    """The header, which must be the one that the feed pins.

    Raises:
        FileFormatError: there is no header.
        ContractChangeError: the header is not the one of the mapping's fingerprint.
    """
    layout = find_layout(tables, mapping)
    if layout is None:
        named = [", ".join((names,) if isinstance(names, str) else names) for names in mapping.columns.values()]
        missing = f"; the mapping names {', '.join(named)}" if named else ""
        raise FileFormatError(f"no header row with a date and an amount in the first {_PREAMBLE_ROWS} rows{missing}")
    if mapping.fingerprint is not None and mapping.fingerprint != layout.fingerprint:
        raise ContractChangeError(
            f"row {layout.header_row + 1}: the header has fingerprint {layout.fingerprint}, the mapping says {mapping.fingerprint}:"
            f" {' | '.join(layout.header)}; look whether the columns still mean the same, then set fingerprint of the mapping"
        )
    return layout


def is_filler(row: Sequence[str]) -> bool:
    """True for blank rows and rows of stars, dashes or equals signs."""
    return not "".join(row).strip(" \t*-=_\ufeff")


def body(layout: Layout) -> Iterator[Row]:
    """The rows after the header, without filler, repeated headers, rows to skip and the footer."""
    mapping = layout.mapping
    skip, stop, totals = (_any_of(patterns) for patterns in (mapping.skip, mapping.stop, mapping.totals))
    for row in islice(layout.table.rows(), layout.header_row + 1, None):
        if is_filler(row.cells) or row.cells == layout.header:
            continue
        if skip or stop or totals:
            text = " ".join(cell.strip() for cell in row.cells if cell.strip())
            if stop and stop.search(text):
                return
            if skip and skip.search(text):
                continue
            if totals and totals.search(text):
                yield row._replace(is_total=True)
                continue
        yield row


def _any_of(patterns: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE) if patterns else None


def survey(layout: Layout) -> tuple[DateFormats, DecimalSeparators, dict[str, str]]:
    """What the columns look like as a whole: date format, decimal separator, and the bank's reference of each settlement."""
    dates, decimals = DateFormats(layout.mapping.date_format), DecimalSeparators(layout.mapping.decimal)
    columns, symbols = layout.columns, layout.mapping.symbols
    amounts = [index for name in _AMOUNTS for index in columns.get(name, ())]
    references: dict[str, str] = {}
    for row in body(layout):
        if row.is_total:
            continue
        for index in columns["date"]:
            if index < len(row.cells):
                dates.see(row.cells[index])
        for index in amounts:
            if index < len(row.cells) and row.cells[index].strip():
                decimals.see(without_symbols(row.cells[index], symbols))
        settlement, reference = cell_of(row.cells, columns, "settlement"), cell_of(row.cells, columns, "settlement_reference")
        if settlement and reference:
            references[settlement] = reference
    return dates, decimals, references


def cell_of(cells: Sequence[str], columns: Columns, name: str) -> str:
    """The first cell of a column that is not blank, without blanks around it; a cell of a spreadsheet keeps its type."""
    for index in columns.get(name, ()):
        if index < len(cells) and (plain := trimmed(cells[index])):
            return plain
    return ""


def trimmed(cell: str) -> str:
    """A cell without blanks around it; one of a spreadsheet keeps its type."""
    return cell.strip() if type(cell) is str else cell


def without_symbols(cell: str, symbols: str) -> str:
    """An amount without the currency signs beside it, also between its sign and its digits (`-$5.00`)."""
    if not symbols or type(cell) is not str:
        return cell
    return "".join(character for character in cell if character not in symbols)
