"""Which format a file has, told from its content: names and extensions of bank files are not reliable."""

from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.other_files import what_else
from producers.formats.registry import FORMATS, StatementFormat

__all__ = ["HEAD_BYTES", "sniff", "sniff_stream"]

HEAD_BYTES = 1 << 14
"""How many bytes from the beginning are looked at; envelopes and preambles of real files are far shorter."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def sniff(head: bytes) -> StatementFormat:
    """The format of a file that begins with `head` (`HEAD_BYTES` of it, or the whole file).

    Raises:
        FileFormatError: none recognises it; the message shows how the file begins.
    """
    plain = head
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            plain = head[len(bom) :].decode(encoding, "replace").encode()
            break
    if not plain.strip():
        raise FileFormatError("byte 0: the file is empty")
    for found in FORMATS.values():
        if found.recognise(plain):
            return found
    if (name := what_else(plain)) is not None:
        raise FileFormatError(f"byte 0: recognised, not a statement: {name}")
    raise FileFormatError(f"byte 0: no known format begins with {plain[:40]!r}; known are {', '.join(FORMATS)}")


def sniff_stream(stream: BinaryIO) -> StatementFormat:
    """The format of a seekable stream, which is left at its beginning.

    Raises:
        FileFormatError: as `sniff`.
    """
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    return sniff(head)
