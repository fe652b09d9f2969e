"""OFX and QFX downloads of bank and card accounts, SGML (1.x) and XML (2.x).

Each statement is a listing: OFX numbers no statements, downloads overlap, and LEDGERBAL is a closing balance without an opening
one, so there is nothing to prove; the next download's entries tell. The header's CHARSET is not believed: text is UTF-8 where it
is valid UTF-8, else cp1252. Statements of investment accounts are reported, not read.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats.contract import Event, ParseOptions
from producers.formats.ofx_statement import StatementReader
from producers.formats.ofx_tokens import TRANSACTIONS, read_tokens

__all__ = ["parse", "recognise"]

_HEAD = re.compile(rb"\s*(?:OFXHEADER\s*:|(?:<\?xml[^>]*>\s*)?<(?:\?OFX\s|OFX[\s>]))")
_VERSION = re.compile(rb"^\s*VERSION\s*:\s*(\d+)|<\?OFX[^>]*\sVERSION\s*=\s*[\"'](\d+)", re.MULTILINE)
_HEADER_BYTES = 4096


def recognise(head: bytes) -> bool:
    """True when the file begins with an OFX header or its root element."""
    return _HEAD.match(head) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of an OFX file: a LISTING per account.

    Args:
        stream: seekable; its header is looked at first.
        options: `default_currency` counts for statements without CURDEF.

    Raises:
        FileFormatError: it has a document type, no bank or card statement, no end (`</OFX>`), or an element of absurd length.
    """
    head = stream.read(_HEADER_BYTES)
    stream.seek(0)
    version = _VERSION.search(head)
    number = (version[1] or version[2]).decode() if version else ""
    reader = StatementReader(options, f"OFX {number}".strip())
    line = 1
    for token in read_tokens(stream, options.max_line_bytes):
        line = token.line
        if token.tag in TRANSACTIONS:
            yield from reader.transaction(token)
        else:
            yield from reader.read(token)
    if not reader.complete:
        raise FileFormatError(f"line {line}: the file has no </OFX>; it was cut short: have it sent again")
    reader.require_end(line)
    if not reader.statements:
        said = f"; the bank's server says: {reader.refusal}" if reader.refusal else ""
        other = "; it has statements of investment accounts, which are not read" if reader.investments else ""
        raise FileFormatError(f"line {line}: the file has no statement of a bank or card account{other}{said}")
