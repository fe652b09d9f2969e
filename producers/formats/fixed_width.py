"""Records of fixed width, one per line or one after the other without any line end."""

from collections.abc import Iterator
from typing import BinaryIO

from producers.formats.lines import decode, numbered_lines

__all__ = ["fixed_records"]

_HEAD_BYTES = 1 << 12


class _Replayed:
    """A stream whose beginning was already read."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int) -> bytes:
        """At most `size` bytes, fewer only at the joint and at the end."""
        if self._head:
            found, self._head = self._head[:size], self._head[size:]
            return found
        return self._stream.read(size)


def fixed_records(stream: BinaryIO, width: int, max_line_bytes: int) -> Iterator[tuple[int, str, bytes]]:
    """Number from 1, text and bytes of each record that is not blank.

    The number is that of the line, or of the record in a file without lines. The text is filled up with blanks to `width`
    characters, because many systems drop trailing blanks; it is longer only when more than blanks stand behind the width.

    Raises:
        FileFormatError: a line is longer than `max_line_bytes`, or the file is UTF-16.
    """
    head = b""
    while len(head) < _HEAD_BYTES and (more := stream.read(_HEAD_BYTES)):
        head += more
    head = head.removeprefix(b"\xef\xbb\xbf")
    source = _Replayed(head, stream)
    first = head.lstrip(b"\r\n ").splitlines()[:1]
    unbroken = bool(first) and len(first[0]) >= 2 * width
    records = _chunks(source, width) if unbroken else numbered_lines(source, max_line_bytes)  # type: ignore[arg-type]
    for number, raw in records:
        if raw and not raw.isspace():
            text = decode(raw).ljust(width)
            yield number, (text if len(text) == width or text[width:].strip() else text[:width]), raw


def _chunks(stream: _Replayed, width: int) -> Iterator[tuple[int, bytes]]:
    number = 0
    rest = b""
    while data := stream.read(1 << 16):
        rest += data.replace(b"\r", b"").replace(b"\n", b"")
        whole = len(rest) - len(rest) % width
        for begin in range(0, whole, width):
            number += 1
            yield number, rest[begin : begin + width]
        rest = rest[whole:]
    if rest.strip():
        yield number + 1, rest
