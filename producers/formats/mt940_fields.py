"""Fields of an MT940/MT942 file: which lines belong together, before anybody looks at what they mean."""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producers.errors import FileFormatError
from producers.formats.lines import decode, numbered_lines

__all__ = ["END", "ENVELOPE", "Field", "read_fields"]

END = "-"
"""Tag of the pseudo-field for the `-` or `-}` that ends a message."""
ENVELOPE = "{"
"""Tag of the pseudo-field for a `{1:...}{2:...}{4:` line that begins one."""

_TAG = re.compile(rb":(NS|\d{2}[A-Z]?):")
_KNOWN = frozenset(
    b"20 21 25 25P 28 28C 34F 13 13D 60F 60M 61 86 62F 62M 64 65 90C 90D NS".split(),
)
# Inside the text of an entry, a line may happen to begin with `:25:`; only what may follow an entry is taken for a field there.
_LEGAL_IN_ENTRIES = frozenset(b"20 61 86 62F 62M 64 65 90C 90D NS".split())
_TEXT_TAGS = frozenset({"86", "NS"})
_MAX_FIELD_BYTES = 1 << 20


class Field(NamedTuple):
    """One field: its tag, the number of its first line, and its lines without tag and line ends."""

    tag: str
    line: int
    lines: list[bytes]

    def text(self, joint: str = "\n") -> str:
        """The decoded lines."""
        if len(self.lines) == 1:
            return decode(self.lines[0])
        return joint.join([decode(line) for line in self.lines])

    def raw(self) -> bytes:
        """The field as bytes again, tag included, lines ended by CRLF."""
        return b":" + self.tag.encode() + b":" + b"\r\n".join(self.lines)


def read_fields(stream: BinaryIO, max_line_bytes: int) -> Iterator[Field]:  # noqa: C901, PLR0912 (one loop, run per line)
    """Fields in file order. Lines outside any field (bank preambles such as `0000 01INGBNL2AXXXX00001`) are left out.

    Raises:
        FileFormatError: a line or a field is longer than anything a bank sends.
    """
    tag, start, size = "", 0, 0
    lines: list[bytes] = []
    legal = _KNOWN
    for number, line in numbered_lines(stream, max_line_bytes):
        pseudo = ""
        match = None
        if line[:1] == b":":
            match = _TAG.match(line)
            if match is not None and match[1] not in (legal if tag in _TEXT_TAGS else _KNOWN):
                match = None
        else:
            pseudo = _pseudo_tag(line)
        if match is None and not pseudo:
            size += len(line) if tag else 0
            if size > _MAX_FIELD_BYTES:
                raise FileFormatError(
                    f"line {number}: field :{tag}: that begins at line {start} is longer than {_MAX_FIELD_BYTES} bytes"
                )
            if tag:
                lines.append(line)
            continue
        if tag:
            yield Field(tag, start, lines)
        size = 0
        if match is None:
            tag = ""
            yield Field(pseudo, number, [line])
        else:
            tag, start = match[1].decode(), number
            lines = [line[match.end() :]]
            if tag == "61":
                legal = _LEGAL_IN_ENTRIES
            elif tag not in _TEXT_TAGS:
                legal = _KNOWN
    if tag:
        yield Field(tag, start, lines)


def _pseudo_tag(line: bytes) -> str:
    if line[:1] == b"-" and (line.rstrip() == b"-" or line.startswith(b"-}")):
        return END
    return ENVELOPE if line.startswith(b"{1:") else ""
