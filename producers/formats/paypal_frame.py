"""What encloses the rows of a PayPal settlement report: its order, the currencies of its footers, and the counts that it declares.

SC counts a section, FF and FC a file, RF and RC the report. Descriptions of the report do not agree on whether a count is that of
the body rows or of all records, so either will do; what is neither is wrong. A count that is no number is none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from producers.errors import FileFormatError
from producers.formats.paypal_records import Record, footer_of

__all__ = ["Frame", "frame_of"]

_FILE_COUNTS = frozenset({"FF", "FC"})
_REPORT_COUNTS = frozenset({"RF", "RC"})


@dataclass(frozen=True, slots=True)
class Frame:
    """Currencies in the order of their footers, and what is wrong with counts, by the line of the section that it is told with."""

    currencies: tuple[str, ...]
    miscounts: Mapping[int, tuple[str, ...]]


@dataclass(slots=True)
class _Tally:
    """Body rows and records of a section, a file or a report so far."""

    rows: int = 0
    records: int = 0

    def add(self, record: Record) -> None:
        self.rows += record.code == "SB"
        self.records += 1

    def problem(self, record: Record, name: str) -> str | None:
        """What is wrong with the count that a record declares, None when nothing is."""
        text = record.cells[0].strip() if record.cells else ""
        if not (text.isdecimal() and text.isascii() and len(text) < 19) or int(text) in {self.rows, self.records}:
            return None
        return f"line {record.line}: {record.code} counts {text} in the {name}, which has {self.rows} body rows"


def frame_of(records: Iterable[Record]) -> Frame:
    """The frame of a report, in one pass.

    Raises:
        FileFormatError: a body row outside of a section, a footer that cannot be read, no footer at all, or no end.
    """
    reader = _FrameReader()
    last = None
    for last in records:
        reader.read(last)
    if last is None or last.code not in _FILE_COUNTS | _REPORT_COUNTS:
        raise FileFormatError(f"line {last.line if last else 1}: the report ends without its file footer (FF); it is cut short")
    if not reader.currencies:
        raise FileFormatError("the report has no section footer, so that nothing of it can be proved; it may be cut short")
    return Frame(tuple(reader.currencies), reader.miscounts)


class _FrameReader:
    """Looks at one record after the other."""

    def __init__(self) -> None:
        self.currencies: dict[str, None] = {}
        self.miscounts: dict[int, tuple[str, ...]] = {}
        self._section, self._file = _Tally(), _Tally()
        self._is_open = self._has_report_header = False
        self._section_line = 0

    def read(self, record: Record) -> None:
        self._file.add(record)
        if record.code == "SH":
            self._section, self._section_line, self._is_open = _Tally(), record.line, True
        self._section.add(record)
        if record.code == "SF":
            self.currencies[footer_of(record).currency] = None
        elif record.code == "SB" and not self._is_open:
            raise FileFormatError(f"line {record.line}: a body row outside of a section")
        elif record.code == "SC":
            self._close(self._section.problem(record, "section"))
        elif record.code in _FILE_COUNTS:
            self._close(self._file.problem(record, "file"))
        elif record.code in _REPORT_COUNTS:
            # Of a report that began in another file, only its sender knows the count.
            self._close(self._file.problem(record, "report") if self._has_report_header else None)
        self._has_report_header = self._has_report_header or record.code == "RH"

    def _close(self, problem: str | None) -> None:
        self._is_open = False
        if problem is not None:
            self.miscounts[self._section_line] = (*self.miscounts.get(self._section_line, ()), problem)
