"""Reading a provider's JSON: numbers with a fraction become Decimal, and a body that is not JSON says what it is instead."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from producers.errors import ContractChangeError, TransientError

__all__ = ["first_bytes", "parse_json"]

_SHOWN = 80
_CLOSERS = {"{": "}", "[": "]", '"': '"'}


def first_bytes(content: bytes) -> str:
    """The beginning of a body, printable, for an error message."""
    shown = repr(content[:_SHOWN])[1:]
    return shown if len(content) <= _SHOWN else f"{shown}... ({len(content)} bytes)"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _is_cut_short(text: str, error: json.JSONDecodeError) -> bool:
    """Whether the document ends before it is complete, rather than being wrong in the middle."""
    body = text.strip()
    closer = _CLOSERS.get(body[:1])
    return error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip()) or (closer is not None and body[-1] != closer)


def parse_json(content: bytes, what: str) -> Any:
    """The JSON document in `content`; numbers with a fraction or exponent are Decimal, so that no amount is ever a float.

    Args:
        content: the body as it came.
        what: which response it is, for messages: method and address without the query.

    Raises:
        TransientError: empty, cut short, or an HTML page (a gateway's maintenance page comes with status 200 too).
        ContractChangeError: it is neither JSON nor any of these, or not UTF-8.
    """
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise TransientError(f"{what}: the body is empty where JSON is due")
    if start[:1] == b"<":
        raise TransientError(f"{what}: an HTML or XML page came instead of JSON: {first_bytes(content)}")
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise TransientError(f"{what}: the body is cut short inside a character: {first_bytes(content)}") from error
        raise ContractChangeError(f"{what}: the body is not UTF-8 at byte {error.start}: {first_bytes(content)}") from error
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        if _is_cut_short(text, error):
            raise TransientError(f"{what}: the JSON is cut short at character {error.pos}: {first_bytes(content)}") from error
        raise ContractChangeError(f"{what}: no JSON, {error}: {first_bytes(content)}") from error
    except (ValueError, RecursionError) as error:
        raise ContractChangeError(f"{what}: no JSON that can be read, {error}: {first_bytes(content)}") from error
