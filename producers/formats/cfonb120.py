"""CFONB 120 (AFB 120) account statements of French banks, 120 characters a record.

01 old balance, 04 movement, 05 complement of the movement before it, 07 new balance. Lines may have lost their trailing blanks,
or there may be no lines at all. The proof is old balance + movements = new balance.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.cfonb120_statement import StatementReader
from producers.formats.contract import Event, ParseOptions
from producers.formats.fixed_width import fixed_records

__all__ = ["parse", "recognise"]

_WIDTH = 120
_HEAD = re.compile(rb"\s*01\d{5}[ \d]{4}\d{5}[A-Z ]{3}[\d ].[ \w]{11}..\d{6}.{50}[ \d]{13}[{}A-R\xc3\xe8\xe9]", re.DOTALL)


def recognise(head: bytes) -> bool:
    """True when the file begins with an old balance: record 01 of bank, branch, account, date and signed amount."""
    return _HEAD.match(head) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a CFONB 120 file: a statement per old balance.

    Raises:
        FileFormatError: it does not begin with an old balance (01), the last statement has no new balance (07), or a line has
            an absurd length.
    """
    reader = StatementReader(options)
    for number, text, raw in fixed_records(stream, _WIDTH, options.max_line_bytes):
        if not reader.statements and text[:2] != "01":
            break
        if len(text) == _WIDTH:
            yield from reader.read(number, text, raw)
        else:
            yield reader.bad(number, raw, "record_length", f"the record has {len(text)} characters instead of {_WIDTH}")
    if not reader.statements:
        raise FileFormatError("line 1: the file does not begin with an old balance (01); it is no CFONB 120")
    yield from reader.end_of_file()
