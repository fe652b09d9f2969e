"""Lines of a binary stream with bounded memory, whatever the line ends, the byte order mark or the charset."""

from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError

__all__ = ["decode", "numbered_lines"]

_CHUNK_BYTES = 1 << 16
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def numbered_lines(stream: BinaryIO, max_line_bytes: int) -> Iterator[tuple[int, bytes]]:
    r"""Each line with its number from 1, without its end (`\n`, `\r\n` or `\r`); a UTF-8 byte order mark is dropped.

    Raises:
        FileFormatError: a line is longer than `max_line_bytes`, or the file is UTF-16.
    """
    number = 0
    rest = stream.read(_CHUNK_BYTES)
    while len(rest) < len(_UTF8_BOM) and (more := stream.read(_CHUNK_BYTES)):
        rest += more
    if rest.startswith(_UTF16_BOMS):
        raise FileFormatError("byte 0: the file is UTF-16, which this format does not allow; have it sent in UTF-8 or cp1252")
    rest = rest.removeprefix(_UTF8_BOM)
    while True:
        chunk = stream.read(_CHUNK_BYTES)
        # The last line may go on in the next chunk, and a \r at the very end may be half of a \r\n.
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, -1)) + 1 if chunk else len(rest)
        lines = rest[:end].splitlines()
        # A line is checked on its own only where one of them may be too long.
        yield from enumerate(lines, number + 1) if len(rest) <= max_line_bytes else _bounded(lines, number + 1, max_line_bytes)
        number += len(lines)
        if not chunk:
            return
        rest = rest[end:]
        if len(rest) > max_line_bytes:
            raise _too_long(number + 1, max_line_bytes)
        rest += chunk


def _bounded(lines: list[bytes], first: int, limit: int) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, first):
        if len(line) > limit:
            raise _too_long(number, limit)
        yield number, line


def _too_long(number: int, limit: int) -> FileFormatError:
    return FileFormatError(
        f"line {number}: longer than {limit} bytes; this is no statement line, or raise max_line_bytes of the feed"
    )


def decode(raw: bytes) -> str:
    """Text of a line: UTF-8 when it is valid UTF-8, else cp1252, else ISO-8859-1, which takes any byte.

    Banks declare no charset in line formats and mix them within one file; SWIFT's own set is ASCII.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1")
