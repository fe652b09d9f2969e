"""HTML tables that banks call .xls (State Bank of India): their rows, read by the same mappings as delimited text."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.contract import Event, ParseOptions
from producers.formats.csv_listing import listing
from producers.formats.csv_table import Row
from producers.formats.lines import decode

__all__ = ["parse", "recognise"]

_MAX_BYTES = 64 << 20
_MAX_CELLS = 2000
"""Cells of one row; a statement has a dozen."""
_MAX_CELL_CHARACTERS = 32_767
_MAX_TAG = 1 << 13
_MAX_SCRIPT = 1 << 20
"""Characters of a script or style, which is left out but has to end."""
_CHUNK = 1 << 16
_TABLE = re.compile(rb"<table[\s>]", re.IGNORECASE)
_ROW_END = frozenset({"tr", "table", "tbody", "thead"})


def recognise(head: bytes) -> bool:
    """True for HTML that soon has a table."""
    return head.lstrip()[:1] == b"<" and _TABLE.search(head) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of an HTML file: one LISTING with an entry per table row after the header.

    Args:
        stream: seekable.
        options: `mapping` is a `CsvMapping` as a dictionary.

    Raises:
        FileFormatError: no header row, too large, or dates or amounts that are ambiguous.
        ContractChangeError: the header is not the one that the mapping pins.
        ConfigurationError: the mapping is wrong.
    """
    size = stream.seek(0, 2)
    if size > _MAX_BYTES:
        raise FileFormatError(f"the page has {size} bytes, at most {_MAX_BYTES} are read; have it sent as CSV")
    yield from listing([_HtmlTable(stream)], options)


class _HtmlTable:
    """All rows of all tables of a page, in order; a row's line is that of its `<tr>`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def rows(self) -> Iterator[Row]:
        """Every row that has a cell."""
        self._stream.seek(0)
        collector = _RowCollector()
        rest = b""
        while chunk := self._stream.read(_CHUNK):
            # Text is decoded line by line, because a chunk may end inside of a character.
            whole, newline, rest = (rest + chunk).rpartition(b"\n")
            if len(rest) > _MAX_CELL_CHARACTERS * 32:
                raise FileFormatError("a line of the page goes on without an end; this is no statement")
            collector.read(decode(whole + newline))
            yield from collector.take()
        collector.read(decode(rest), is_last=True)
        yield from collector.take()


class _RowCollector(HTMLParser):
    """Puts the text of cells into rows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[Row] = []
        self._cells: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._wide = 1
        self._line = 1

    def take(self) -> list[Row]:
        """The rows that are complete."""
        done, self._done = self._done, []
        return done

    def read(self, text: str, *, is_last: bool = False) -> None:
        """More of the page.

        Raises:
            FileFormatError: markup that is none, or that goes on longer than any of a statement.
        """
        try:
            self.feed(text)
            # What the library keeps back has not ended yet, and is read over and over until it has.
            if len(self.rawdata) > (_MAX_TAG if self.cdata_elem is None else _MAX_SCRIPT):
                raise FileFormatError(f"line {self.getpos()[0]}: markup of more than {_MAX_TAG} characters without an end")
            if is_last:
                self.close()
        except AssertionError as error:
            raise FileFormatError(f"line {self.getpos()[0]}: {error}; this is no HTML") from error

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Rows and cells end where the next begins, as browsers have it."""
        if tag == "tr":
            self._end_row()
            self._line = self.getpos()[0]
        elif tag in {"td", "th"}:
            self._end_cell()
            self._text, self._length = [], 0
            wide = dict(attrs).get("colspan") or "1"
            self._wide = min(int(wide), _MAX_CELLS) if wide.isdecimal() and wide.isascii() else 1

    def handle_endtag(self, tag: str) -> None:
        """The end of a cell or row."""
        if tag in {"td", "th"}:
            self._end_cell()
        elif tag in _ROW_END:
            self._end_row()

    def handle_data(self, data: str) -> None:
        """Text counts inside of cells only."""
        if self._text is not None:
            self._length += len(data)
            if self._length > _MAX_CELL_CHARACTERS:
                raise FileFormatError(f"line {self.getpos()[0]}: a cell of more than {_MAX_CELL_CHARACTERS} characters")
            self._text.append(data)

    def close(self) -> None:
        """The end of the page is the end of its last row."""
        super().close()
        self._end_row()

    def _end_cell(self) -> None:
        if self._text is not None:
            # A cell over several columns stands in the first of them.
            self._cells.extend([" ".join("".join(self._text).split()), *[""] * (self._wide - 1)])
            self._text = None
            if len(self._cells) > _MAX_CELLS:
                raise FileFormatError(f"line {self._line}: a row of more than {_MAX_CELLS} cells")

    def _end_row(self) -> None:
        self._end_cell()
        if self._cells:
            self._done.append(Row(self._line, self._cells, "\t".join(self._cells)))
            self._cells = []
