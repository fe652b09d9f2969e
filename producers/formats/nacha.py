"""NACHA files: entries, returns (addenda 99) and notifications of change (addenda 98), 94 characters a record.

A batch (5 to 8) is a listing of the originating company's account; it has no balances, but control totals of batch and file prove
that every entry arrived: counts, debits, credits and the entry hash. Amounts are cents.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.contract import Event, ParseOptions
from producers.formats.fixed_width import fixed_records
from producers.formats.nacha_batch import BatchReader

__all__ = ["parse", "recognise"]

_WIDTH = 94
_HEAD = re.compile(rb"\s*1\d\d.{20}\d{6}.{5}094", re.DOTALL)


def recognise(head: bytes) -> bool:
    """True when the file begins with a NACHA file header: record 1 that says records of 94 characters."""
    return _HEAD.match(head) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a NACHA file: a LISTING per batch.

    Raises:
        FileFormatError: it does not begin with a file header (1) or has no file control (9), or a line has an absurd length.
    """
    reader = BatchReader(options)
    number = 0
    for number, text, raw in fixed_records(stream, _WIDTH, options.max_line_bytes):
        if number == 1 and not recognise(raw):
            break
        if len(text) == _WIDTH:
            yield from reader.read(number, text, raw)
        else:
            yield reader.bad(number, raw, "record_length", f"the record has {len(text)} characters instead of {_WIDTH}")
    if not reader.closed:
        raise FileFormatError(
            f"line {number}: the file has no file header (1) or ends without file control (9); it was cut short: have it sent again"
        )
