"""Looks a workbook over before a library unpacks it: what it really holds, how large its sheets are, and that it is no bomb.

An .xlsx, .xlsb or .ods is a zip of parts. What the zip declares is not believed: the parts are unpacked once in small pieces and
counted. A sheet of two cells far apart would be laid out in memory whole, so the furthest cell of each .xlsx sheet is looked for
as well; those of the other kinds only the limits of the reading process bound.
"""

import re
import zipfile
import zlib
from typing import BinaryIO

from producers.errors import FileFormatError

__all__ = ["OLE", "ZIP", "guard_workbook", "is_workbook"]

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of .xls and of an encrypted .xlsx (compound file binary format)."""

_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
"""First part of an .ods and its content, which by its specification stands unpacked at the beginning of the file."""
_MAX_BYTES = 64 << 20
_MAX_UNPACKED = 512 << 20
_MAX_RATIO = 200
_RATIO_FROM_BYTES = 10 << 20
_MAX_PARTS = 2000
_MAX_CELLS = 10_000_000
_CHUNK = 1 << 18
_OVERLAP = 64
_PLACE = re.compile(rb"""\br\s{0,8}=\s{0,8}["']([A-Z]{0,3})(\d{1,7})["']""")
"""Attribute `r` of a row (`7`) or a cell (`B7`)."""
_PADDED = re.compile(rb"\br(?:\s{9}|\s{0,8}=\s{9})")
"""So many blanks that the attribute would be overlooked; no program writes them."""
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def is_workbook(head: bytes) -> bool:
    """True when a file begins as .xlsx, .xlsb, .xls or .ods does."""
    if head.startswith(ZIP):
        return b"[Content_Types].xml" in head or b"xl/" in head or _OPEN_DOCUMENT in head[:128]
    return head.startswith(OLE)


def guard_workbook(stream: BinaryIO) -> None:
    """Refuse a workbook that would take more memory than it may, or is none. The stream is left at its beginning.

    Raises:
        FileFormatError: too large, a bomb, broken, or another kind of file.
    """
    stream.seek(0)
    head = stream.read(len(OLE))
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > _MAX_BYTES:
        raise FileFormatError(f"the workbook has {size} bytes, at most {_MAX_BYTES} are read; have it sent as CSV")
    if head.startswith(OLE):
        return
    try:
        with zipfile.ZipFile(stream) as archive:
            _guard_parts(archive, size)
    except _BROKEN as error:
        raise FileFormatError(f"the workbook is broken: {error}") from error
    finally:
        stream.seek(0)


def _guard_parts(archive: zipfile.ZipFile, packed: int) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "content.xml" not in names and not any(name.startswith("xl/") for name in names):
        raise FileFormatError("a zip that is no workbook; have it sent as .xlsx, .xls, .ods or CSV")
    if len(parts) > _MAX_PARTS:
        raise FileFormatError(f"the workbook has {len(parts)} parts, at most {_MAX_PARTS} are read")
    unpacked = 0
    for part in parts:
        rows = columns = 0
        tail = b""
        with archive.open(part) as file:
            while chunk := file.read(_CHUNK):
                unpacked += len(chunk)
                if unpacked > _MAX_UNPACKED or (unpacked > _RATIO_FROM_BYTES and unpacked > _MAX_RATIO * packed):
                    raise FileFormatError(f"{part.filename}: the workbook unpacks to more than {unpacked - 1} bytes, like a bomb")
                # Any part may be called a sheet by the workbook's relations, whatever its name is.
                rows, columns = _extent(tail + chunk, rows, columns)
                tail = chunk[-_OVERLAP:]
        if rows * columns > _MAX_CELLS:
            raise FileFormatError(f"{part.filename}: {rows} rows of {columns} columns, at most {_MAX_CELLS} cells are read")


def _extent(text: bytes, rows: int, columns: int) -> tuple[int, int]:
    for letters, number in _PLACE.findall(text):
        rows = max(rows, int(number))
        width = 0
        for letter in letters:
            width = 26 * width + letter - 64
        columns = max(columns, width)
    if _PADDED.search(text):
        raise FileFormatError("attributes with blanks before their value, which hide how large a sheet is")
    return rows, columns
