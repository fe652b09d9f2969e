"""Logical records of a BAI2 file: which lines belong together, before anybody looks at what they mean."""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producers.errors import FileFormatError
from producers.formats.lines import decode, numbered_lines

__all__ = ["UNKNOWN", "Record", "read_records"]

UNKNOWN = ""
"""Code of a line that is no BAI2 record and continues none."""

_CODES = frozenset({b"01", b"02", b"03", b"16", b"49", b"98", b"99"})
# Some banks put several records on one line: `...PPD/ 16,142,500,Z,,,...`. What a text may hold is not told from that; the
# control total of the account tells.
_JOINED = re.compile(rb"/[ \t]+(?=(?:02|03|16|49|88|98|99),)")
_MAX_RECORD_BYTES = 1 << 20


class Record(NamedTuple):
    """One record with its continuations.

    Attributes:
        code: `01` to `99`, or `UNKNOWN`.
        line: number of its first line.
        text: without the final `/`; continuations are joined by a line feed, behind a comma where a field had ended.
        records: how many records (16 and 88 alike) it stands for in the record counts of trailers.
        joined: it began in the middle of a line.
        raw: its bytes.
    """

    code: str
    line: int
    text: str
    records: int
    joined: bool
    raw: bytes


def read_records(stream: BinaryIO, max_line_bytes: int) -> Iterator[Record]:
    """Records in file order, each with the 88 records that follow it.

    Raises:
        FileFormatError: a line or a continued record is longer than anything a bank sends.
    """
    parts: list[bytes] = []
    first, count, joined = 0, 0, False
    for number, line, is_joined in _pieces(stream, max_line_bytes):
        code = line[:2]
        if line[2:3] == b"," and code != b"88" and code in _CODES:
            if parts:
                yield _record(first, parts, count, joined=joined)
            parts, first, count, joined = [line], number, 1, is_joined
        elif parts and line[:3] == b"88,":
            parts.append(line)
            count += 1
            _limit(parts, first, number)
        elif parts and not parts[-1].endswith(b"/"):
            # A text that was broken into lines without a record code; trailers do not count it.
            parts.append(b"88," + line)
            _limit(parts, first, number)
        else:
            if parts:
                yield _record(first, parts, count, joined=joined)
                parts = []
            yield Record(UNKNOWN, number, decode(line), 0, is_joined, line)
    if parts:
        yield _record(first, parts, count, joined=joined)


def _pieces(stream: BinaryIO, max_line_bytes: int) -> Iterator[tuple[int, bytes, bool]]:
    for number, line in numbered_lines(stream, max_line_bytes):
        plain = line.strip()
        if not plain:
            continue
        if b"/ " in plain and (ends := [match.start() + 1 for match in _JOINED.finditer(plain)]):
            begin = 0
            for end in [*ends, len(plain)]:
                yield number, plain[begin:end].strip(), begin > 0
                begin = end
        else:
            yield number, plain, False


def _limit(parts: list[bytes], first: int, number: int) -> None:
    # Counting from the back keeps this cheap: a record of many tiny lines is refused by their number.
    if len(parts) > 10_000 or (len(parts) % 64 == 0 and sum(map(len, parts)) > _MAX_RECORD_BYTES):
        raise FileFormatError(f"line {number}: the record that begins at line {first} has no end; this is no BAI2 file")


def _record(line: int, parts: list[bytes], count: int, *, joined: bool) -> Record:
    raw = parts[0]
    code = raw[:2].decode()
    if len(parts) == 1:
        return Record(code, line, decode(raw[:-1] if raw.endswith(b"/") else raw), count, joined, raw)
    text = b""
    for part in parts:
        body = part[3:] if text else part
        ended = body.endswith(b"/")
        text += body[:-1] + b",\n" if ended else body + b"\n"
    text = text[:-2] if parts[-1].endswith(b"/") else text[:-1]
    return Record(code, line, decode(text), count, joined, b"\n".join(parts))
