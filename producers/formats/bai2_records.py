"""Logical records of a BAI2 file: which lines belong together, before anybody looks at what they mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.lines import decode, numbered_lines

__all__ = ["UNKNOWN", "Record", "read_records"]

UNKNOWN = ""
"""Code of a line that is no BAI2 record and continues none."""

_CODES = {f"{code},".encode(): code for code in ("01", "02", "03", "16", "49", "98", "99")}
# Some banks put several records on one line: `...PPD/ 16,142,500,Z,,,...`. What a text may hold is not told from that; the
# control total of the account tells.
_JOINED = re.compile(rb"/[ \t]+(?=(?:02|03|16|49|88|98|99),)")
_MAX_RECORD_BYTES = 1 << 20


@dataclass(slots=True)
class Record:
    """One record with its continuations. Nobody changes one; not frozen for speed, as `Entry`.

    Attributes:
        code: `01` to `99`, or `UNKNOWN`.
        line: number of its first line.
        text: without the final `/`; continuations are joined by a line feed, behind a comma where a field had ended.
        records: how many records (16 and 88 alike) it stands for in the record counts of trailers.
        joined: it began in the middle of a line.
        lines: its lines as they came, but for the blanks around them.
    """

    code: str
    line: int
    text: str
    records: int
    joined: bool
    lines: list[bytes]

    def raw(self) -> bytes:
        """Its bytes, lines ended by line feeds."""
        return b"\n".join(self.lines)


def read_records(stream: BinaryIO, max_line_bytes: int) -> Iterator[Record]:
    """Records in file order, each with the 88 records that follow it.

    Raises:
        FileFormatError: a line or a continued record is longer than anything a bank sends.
    """
    parts: list[bytes] = []
    code, first, count, joined = UNKNOWN, 0, 0, False
    for number, whole in numbered_lines(stream, max_line_bytes):
        plain = whole.strip()
        pieces = _pieces(plain) if b"/ " in plain else (plain,) if plain else ()
        for line in pieces:
            head = line[:3]
            if head == b"88," and parts:
                parts.append(line)
                count += 1
            elif (begun := _CODES.get(head)) is not None:
                if parts:
                    yield Record(code, first, _text(parts), count, joined, parts)
                code, parts, first, count, joined = begun, [line], number, 1, line is not pieces[0]
                continue
            elif parts and not parts[-1].endswith(b"/"):
                # A text that was broken into lines without a record code; trailers do not count it.
                parts.append(b"88," + line)
            else:
                if parts:
                    yield Record(code, first, _text(parts), count, joined, parts)
                    parts = []
                yield Record(UNKNOWN, number, decode(line), 0, line is not pieces[0], [line])
                continue
            if not len(parts) % 64:
                _limit(parts, first, number)
    if parts:
        yield Record(code, first, _text(parts), count, joined, parts)


def _pieces(plain: bytes) -> tuple[bytes, ...]:
    """The records of a line without the blanks around them."""
    ends = [match.start() + 1 for match in _JOINED.finditer(plain)]
    return tuple(plain[begin:end].strip() for begin, end in zip([0, *ends], [*ends, len(plain)], strict=True))


def _limit(parts: list[bytes], first: int, number: int) -> None:
    # Looked at every 64 lines, so that this stays cheap; a record of many tiny lines is refused by their number.
    if len(parts) > 10_000 or sum(map(len, parts)) > _MAX_RECORD_BYTES:
        raise FileFormatError(f"line {number}: the record that begins at line {first} has no end; this is no BAI2 file")


def _text(parts: list[bytes]) -> str:
    """The text of a record: where a line had ended a field, a comma goes before the line feed."""
    raw = b"\n".join(parts).removesuffix(b"/")
    return decode(raw.replace(b"/\n88,", b",\n88,").replace(b"\n88,", b"\n") if len(parts) > 1 else raw)
