"""A secret in the encodings that HTTP carries it in: masked where the form is known, noticed where it is not."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote

__all__ = ["MASK", "SHORTEST", "holds_secret", "longest_form", "without_secrets"]

MASK = "***"
SHORTEST = 4
"""Characters; shorter values are in everything, so masking them would only tell where they are."""

_MOST_VIEWS = 200
_MOST_QUOTINGS = 8
_REMEMBERED = 64
"""Secrets whose forms are kept, since every text of every exchange asks for them, and those of a PEM text are long."""
_DEPTH = 3
"""Encodings on top of each other that are undone."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_HEX = re.compile(r"[0-9A-Fa-f]{8,}")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret masked, as it is and in the usual encodings."""
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    # The longest first: a secret may begin another one.
    for form in sorted(forms, key=len, reverse=True):
        if form in text:
            text = text.replace(form, MASK)
    return text


def longest_form(secrets: Iterable[str]) -> int:
    """Characters that one of the secrets takes at most in a text: every byte of it escaped, and once more."""
    return max((6 * len(secret.encode("utf-8", "surrogatepass")) for secret in secrets), default=0)


def holds_secret(text: str, secrets: Iterable[str]) -> bool:
    """Whether a secret can still be read out of the text by undoing encodings, several on top of each other included."""
    wanted = [secret for secret in secrets if len(secret) >= SHORTEST]
    return bool(wanted) and any(secret in view for view in _views(text) for secret in wanted)


@lru_cache(maxsize=_REMEMBERED)
def _forms(secret: str) -> frozenset[str]:
    return frozenset(_encodings(secret))


def _encodings(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    for quoted in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], secret):
        yield quoted
        yield quoted.replace("/", "\\/")
    for escaped in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield escaped
        yield re.sub(r"%..", lambda match: match[0].lower(), escaped)
    for coded in (*_base64_cores(raw), raw.hex(), raw.hex().upper()):
        if len(coded) >= SHORTEST:
            yield coded
            yield quote(coded, safe="")


def _base64_cores(raw: bytes) -> Iterator[str]:
    """What base64 of any text with `raw` in it holds for certain: one core for each place in a group of three bytes."""
    for offset in range(3):
        padded = b"\0" * offset + raw
        whole = len(padded) // 3 * 3
        core = base64.b64encode(padded[:whole]).decode("ascii")[4 if offset else 0 :]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))


def _views(text: str) -> Iterator[str]:
    """The text, and what undoing encodings makes of it and of its parts."""
    seen: dict[str, None] = {}
    layer = [text]
    for depth in range(_DEPTH + 1):
        following: list[str] = []
        for view in layer:
            if view in seen or len(seen) >= _MOST_VIEWS:
                continue
            seen[view] = None
            yield view
            if depth < _DEPTH:
                following += _decoded(view)
        layer = following


def _decoded(view: str) -> Iterator[str]:
    unescaped = _unescaped(view)
    if unescaped != view:
        yield unescaped
    if "%" in view:
        yield from _unquoted(view)
    if "+" in view:
        # In a form a plus is a blank; there it and the percent signs are one encoding.
        yield view.replace("+", " ")
        yield unquote(view.replace("+", " "))
    runs = [decoded for match in _BASE64.finditer(view) for decoded in _from_base64(match[0])]
    runs += [decoded for match in _HEX.finditer(view) for decoded in _from_hex(match[0])]
    if runs:
        # One view for all runs: their number is the sender's choice, and the views are bounded.
        yield "\n".join(runs)


def _unescaped(view: str) -> str:
    """With the escapes of a JSON string undone."""
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else _SIMPLE_ESCAPES.get(match[2], match[2]), view)
    # Two escapes may be one character beyond the basic plane.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _unquoted(view: str) -> Iterator[str]:
    """With percent signs undone, once and to the end: an address within an address is escaped once more each time."""
    for _ in range(_MOST_QUOTINGS):
        text = unquote(view)
        if text == view:
            return
        yield text
        view = text


def _from_base64(run: str) -> Iterator[str]:
    standard = run.translate(str.maketrans("-_", "+/"))
    for start in range(4):
        part = standard[start:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        try:
            decoded = base64.b64decode(part + "=" * (-len(part) % 4))
        except binascii.Error:
            continue
        yield decoded.decode("utf-8", "replace")


def _from_hex(run: str) -> Iterator[str]:
    for start in range(2):
        part = run[start:]
        yield bytes.fromhex(part[: len(part) // 2 * 2]).decode("utf-8", "replace")
