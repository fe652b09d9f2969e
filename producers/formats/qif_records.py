"""Records of a QIF file: section by section, each record its fields up to `^`, with bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producers.errors import FileFormatError
from producers.formats.lines import decode, numbered_lines

__all__ = ["Record", "read_records"]

_MAX_LINES = 10_000


class Record(NamedTuple):
    """One record, or a section header without fields.

    Attributes:
        section: in small letters, `type:bank` or `account`.
        line: number of its first line.
        fields: (letter, value) in file order; empty for a header.
        raw: its bytes.
    """

    section: str
    line: int
    fields: list[tuple[str, str]]
    raw: bytes


def read_records(stream: BinaryIO, max_line_bytes: int) -> Iterator[Record]:
    """Headers and records in file order.

    Raises:
        FileFormatError: the file does not begin with a header, ends inside of a record, or a record has no end.
    """
    section, first = "", 0
    fields: list[tuple[str, str]] = []
    raw: list[bytes] = []
    number = 0
    for number, line in numbered_lines(stream, max_line_bytes):
        if not line.strip():
            continue
        mark = line[:1]
        if mark == b"!" and not fields:
            section = decode(line[1:]).strip().lower()
            yield Record(section, number, [], line)
        elif not section:
            raise FileFormatError(f"line {number}: the file does not begin with a QIF header such as !Type:Bank")
        elif mark == b"^":
            if fields:
                yield Record(section, first, fields, b"\n".join([*raw, line]))
            fields, raw = [], []
        else:
            first = first if fields else number
            text = decode(line)
            fields.append((text[0], text[1:].strip()))
            raw.append(line)
            if len(fields) > _MAX_LINES:
                raise FileFormatError(f"line {number}: the record that begins at line {first} has no end (^)")
    if fields:
        raise FileFormatError(f"line {number}: the file ends inside of the record of line {first}; it was cut short")
    if not section:
        raise FileFormatError("byte 0: the file is empty")
