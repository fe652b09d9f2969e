"""MT940 statements and MT942 interim reports, read line by line.

Pages (60F..62M, 60M..62M, 60M..62F) are one statement: it starts at the first page and ends at the last one, and each page's
opening must be the closing of the page before. A file may hold any number of messages, with or without SWIFT envelope blocks.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.contract import Event, ParseOptions
from producers.formats.mt940_fields import END, ENVELOPE, read_fields
from producers.formats.mt940_statement import MessageReader

__all__ = ["parse", "recognise"]

_HEAD = re.compile(rb"^(?:\{1:.*\{4:\s*)?:20:.*?^:(?:25P?|21|28C?):", re.DOTALL | re.MULTILINE)


def recognise(head: bytes) -> bool:
    """True when the first bytes of a file look like MT940 or MT942: field 20, then an account or statement number."""
    return _HEAD.search(head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of an MT940 or MT942 file.

    Raises:
        FileFormatError: no field 20 in the file, a line or field of absurd length, or the last message has neither a closing
            balance (or MT942 totals) nor a terminator: the file was cut short.
    """
    reader = MessageReader(options)
    for field in read_fields(stream, options.max_line_bytes):
        if field.tag == "61":
            yield from reader.statement_line(field)
        elif field.tag in {"86", "NS"}:
            reader.information(field)
        elif field.tag in {END, ENVELOPE}:
            yield from reader.end_message(field.line, terminated=True)
        elif field.tag == "20":
            yield from reader.end_message(field.line, terminated=False)
            reader.begin_message(field)
        else:
            yield from reader.header(field)
    yield from reader.end_of_file()
    if not reader.messages:
        raise FileFormatError("no message in the file: no field :20: at the beginning of a line; this is no MT940 or MT942")
