"""Tokens of an OFX file, SGML (1.x, values without closing tags) and XML (2.x) alike, with bounded memory.

A transaction is one token, because files consist of little else. No entity is ever defined and no document type is read.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producers.errors import FileFormatError

__all__ = ["TRANSACTIONS", "Token", "read_tokens"]

TRANSACTIONS = frozenset({"STMTTRN", "STMTTRNP"})
"""Tags of tokens whose value is the whole aggregate: booked and pending transactions."""

_OPENINGS = (b"<STMTTRN>", b"<STMTTRNP>")
_CHUNK_BYTES = 1 << 16
_TAG = re.compile(rb"<(/?[A-Za-z][A-Za-z0-9._:]*)(?:\s[^<>]*)?/?>([^<]*)")
_DECLARATION = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>[^<]*|<\?[^>]*>", re.DOTALL)
_REFUSED = (b"<!doctype", b"<!entity", b"<!element", b"<!attlist", b"<!notation")


class Token(NamedTuple):
    """A tag with the text behind it (`/TAG` when it closes), or a whole transaction; `line` counts from 1."""

    tag: str
    value: bytes
    line: int


def read_tokens(stream: BinaryIO, max_bytes: int) -> Iterator[Token]:
    """Tokens in file order.

    Raises:
        FileFormatError: a document type, UTF-16, a transaction or text longer than `max_bytes`, or the end inside of a tag.
    """
    buffer, at, line, counted = stream.read(_CHUNK_BYTES), 0, 1, 0
    if buffer.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileFormatError("byte 0: the file is UTF-16, which OFX does not allow; have it sent in UTF-8 or cp1252")
    ended = False
    while True:
        at = buffer.find(b"<", at)
        found = _token_at(buffer, at, ended=ended) if at >= 0 else None
        if found is not None:
            tag, value, after = found
            line += buffer.count(b"\n", counted, at)
            counted = at
            at = after
            if tag:
                yield Token(tag, value, line)
            continue
        if ended:
            if at >= 0 and (rest := buffer[at : at + 20].strip()):
                raise FileFormatError(f"line {line}: the file ends inside {rest!r}; it was cut short: have it sent again")
            return
        if at < 0:
            at = len(buffer)
        line += buffer.count(b"\n", counted, at)
        buffer, at, counted = buffer[at:], 0, 0
        if len(buffer) > max_bytes:
            raise FileFormatError(f"line {line}: an element is longer than {max_bytes} bytes; this is no bank's OFX file")
        more = stream.read(max(_CHUNK_BYTES, len(buffer)))
        ended = not more
        buffer += more


def _token_at(buffer: bytes, at: int, *, ended: bool) -> tuple[str, bytes, int] | None:
    """Tag, value and end of the token that begins at `at`; None when the buffer ends before it does."""
    if not ended and len(buffer) - at < len(_OPENINGS[1]):
        return None
    if buffer.startswith(_OPENINGS, at):
        return _transaction_at(buffer, at, ended=ended)
    second = buffer[at + 1 : at + 2]
    if second in {b"!", b"?"}:
        if buffer[at : at + 12].lower().startswith(_REFUSED):
            raise FileFormatError("the file has a document type, which no OFX file has; it is refused unread")
        declaration = _DECLARATION.match(buffer, at)
        return ("", b"", declaration.end()) if declaration else None
    match = _TAG.match(buffer, at)
    if match is None:
        # A lone `<` in an SGML text is stepped over once what follows it is known.
        complete = ended or b">" in buffer[at : at + 200] or b"<" in buffer[at + 1 : at + 200] or len(buffer) - at > 200
        return ("", b"", at + 1) if complete and len(buffer) > at + 1 else None
    if match.end() == len(buffer) and not ended:
        return None
    return match[1].decode("ascii"), match[2].strip(), match.end()


def _transaction_at(buffer: bytes, at: int, *, ended: bool) -> tuple[str, bytes, int] | None:
    tag = b"STMTTRN" if buffer.startswith(_OPENINGS[0], at) else b"STMTTRNP"
    begin = at + len(tag) + 2
    # A transaction that nobody closed ends where the next one begins; looking for that first keeps a hostile file linear.
    following = buffer.find(b"<" + tag + b">", begin)
    end = buffer.find(b"</" + tag + b">", begin, following if following >= 0 else len(buffer))
    if end >= 0:
        return tag.decode(), buffer[begin:end], end + len(tag) + 3
    if following >= 0:
        return tag.decode(), buffer[begin:following], following
    if not ended:
        return None
    raise FileFormatError("the file ends inside of a transaction; it was cut short: have it sent again")
