"""CODA, the coded account statements of Belgian banks, 128 characters a record.

0 header, 1 old balance, 21 to 23 movement, 31 to 33 information, 8 new balance, 4 message, 9 trailer. A movement of detail number
0000 is the ledger's; the others are details of it and are never added to it. Old balance + movements = new balance is proved, and
the trailer's count of records and sums of debits and credits.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.coda_statement import StatementReader
from producers.formats.contract import Event, ParseOptions
from producers.formats.fixed_width import fixed_records

__all__ = ["parse", "recognise"]

_WIDTH = 128
_HEAD = re.compile(rb"\s*0000[0 ]\d{6}[ \d]{3}\d\d[D ] {7}")


def recognise(head: bytes) -> bool:
    """True when the file begins with a CODA header: record 0 with a date, bank and application code."""
    return _HEAD.match(head) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a CODA file: a statement per account.

    Raises:
        FileFormatError: it does not begin with a header (0), has no trailer (9), or a line has an absurd length.
    """
    reader = StatementReader(options)
    seen = False
    for number, text, raw in fixed_records(stream, _WIDTH, options.max_line_bytes):
        if not seen and not text.startswith("0000"):
            break
        seen = True
        if len(text) == _WIDTH:
            yield from reader.read(number, text, raw)
        else:
            yield reader.bad(number, raw, "record_length", f"the record has {len(text)} characters instead of {_WIDTH}")
    if not seen:
        raise FileFormatError("line 1: the file does not begin with a header (0000); it is no CODA")
    reader.end_of_stream()
