"""BAI2 balance reports, read record by record.

01 file, 02 group, 03 account with balances and summaries, 16 detail, 88 continuation, and the trailers 49, 98 and 99, whose control
totals add all amounts as written and whose counts include continuations (Cash Management Balance Reporting Specifications, version
2; the same layout is X9.121 BTRS). The trailers prove the transmission, 010 and 015 prove the ledger.

Amounts are integers in minor units of the account's currency, else the group's, else the feed's, else USD. The sign is that of the
type code: 100-399 and 720-759 credit, 400-699 and 760-799 debit; the bank's own codes (900-999) need a table,
`ParseOptions.mapping = {"type_codes": {"905": "CREDIT"}}`, and are quarantined without one.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.bai2_records import read_records
from producers.formats.bai2_statement import AccountReader
from producers.formats.contract import Event, ParseOptions

__all__ = ["parse", "recognise"]

_HEAD = re.compile(rb"\s*01,[^,\r\n]*,[^,\r\n]*,\d{6},")


def recognise(head: bytes) -> bool:
    """True when the file begins with a BAI2 file header: record 01 with sender, receiver and a date."""
    return _HEAD.match(head) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a BAI2 file: a statement per account record.

    Raises:
        FileFormatError: it does not begin with 01 or end with 99, or a line or record has an absurd length.
    """
    reader = AccountReader(options)
    seen = False
    for record in read_records(stream, options.max_line_bytes):
        seen = True
        if record.code == "16" and not record.joined:
            yield reader.detail(record)
        elif record.code == "16":
            yield from reader.joined_detail(record)
        else:
            yield from reader.read(record)
    if not seen:
        raise FileFormatError("byte 0: the file is empty")
    reader.end_of_stream()
