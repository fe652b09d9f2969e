"""Fields of an MT940/MT942 file: which lines belong together, before anybody looks at what they mean."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from producers.errors import FileFormatError
from producers.formats.lines import decode, numbered_lines

__all__ = ["END", "ENVELOPE", "Field", "read_fields"]

END = "-"
"""Tag of the pseudo-field for the `-` or `-}` that ends a message."""
ENVELOPE = "{"
"""Tag of the pseudo-field for a `{1:...}{2:...}{4:` line that begins one."""

_BEGINS = frozenset({b":", b"-", b"{"})
_KNOWN = {tag: tag.decode() for tag in b"20 21 25 25P 28 28C 34F 13 13D 60F 60M 61 86 62F 62M 64 65 90C 90D NS".split()}
# Inside the text of an entry, a line may happen to begin with `:25:`; only what may follow an entry is taken for a field there.
_LEGAL_IN_ENTRIES = {tag: tag.decode() for tag in b"20 61 86 62F 62M 64 65 90C 90D NS".split()}
_TEXT_TAGS = frozenset({"86", "NS"})
_PSEUDO_TAGS = frozenset({END, ENVELOPE})
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


def read_fields(stream: BinaryIO, max_line_bytes: int) -> Iterator[Field]:
    """Fields in file order. Lines outside any field (bank preambles such as `0000 01INGBNL2AXXXX00001`) are left out.

    Raises:
        FileFormatError: a line or a field is longer than anything a bank sends.
    """
    tag, start, size = "", 0, 0
    lines: list[bytes] = []
    legal = _KNOWN
    for number, line in numbered_lines(stream, max_line_bytes):
        begun = _beginning(line, legal if tag in _TEXT_TAGS else _KNOWN) if line[:1] in _BEGINS else None
        if begun is None:
            if tag:
                size += len(line)
                if size > _MAX_FIELD_BYTES:
                    raise _too_long(number, tag, start)
                lines.append(line)
            continue
        if tag:
            yield Field(tag, start, lines)
        size = 0
        tag, rest = begun
        if tag in _PSEUDO_TAGS:
            yield Field(tag, number, [rest])
            tag = ""
            continue
        start, lines = number, [rest]
        if tag == "61":
            legal = _LEGAL_IN_ENTRIES
        elif tag not in _TEXT_TAGS:
            legal = _KNOWN
    if tag:
        yield Field(tag, start, lines)


def _beginning(line: bytes, legal: Mapping[bytes, str]) -> tuple[str, bytes] | None:
    """Tag and rest of a line that begins a field (or is a pseudo-field, whole), None where it goes on with the one before."""
    if line[:1] == b":":
        parts = line.split(b":", 2)
        tag = legal.get(parts[1]) if len(parts) == 3 else None
        return None if tag is None else (tag, parts[2])
    if line.rstrip() == b"-" or line.startswith(b"-}"):
        return END, line
    return (ENVELOPE, line) if line.startswith(b"{1:") else None


def _too_long(number: int, tag: str, start: int) -> FileFormatError:
    return FileFormatError(f"line {number}: field :{tag}: that begins at line {start} is longer than {_MAX_FIELD_BYTES} bytes")
