"""Amounts inside the texts of decisions, as people read them.

The engine knows no decimals of currencies: its reasons say `125000 INR` in minor units, and so does JSON. Pages and terminals show
the same reason with `1250.00 INR`.
"""

import re

from schemas.currency_codes import CURRENCY_DECIMALS
from schemas.money import format_minor

__all__ = ["with_decimals"]

_QUOTED = frozenset({"text", "reference", "embedded reference", "counterparty", "operator", "shared", "day", "numbers"})
"""Signals whose texts repeat what records or people said; a number in them is no amount of the engine's."""

_AMOUNT = re.compile(r"(?<![\w.])(?:(?P<first>-?\d+) (?P<word>and|instead of) )?(?P<last>-?\d+) (?P<currency>[A-Z]{3})(?![\w/])")
_APART = re.compile(r"\b(?P<word>differs? by|allowed) (?P<amount>\d+)\b(?! [A-Z]{3})")


def with_decimals(signal: str, text: str) -> str:
    """The text of a signal with amounts in units of their currency: `1250.00 and 1249.00 INR: differ by 1.00`.

    Args:
        signal: the reason's name; texts that quote records stay as they are.
        text: as the engine told it, minor units before their ISO 4217 currency. Numbers without a currency of their own after
            `differ by`, `differs by` and `allowed` are of the last currency that stands before them.
    """
    if signal in _QUOTED:
        return text
    currency: str | None = None
    parts: list[str] = []
    end = 0
    for found in _AMOUNT.finditer(text):
        if found["currency"] not in CURRENCY_DECIMALS:
            continue
        parts.append(_apart(text[end : found.start()], currency))
        currency, end = found["currency"], found.end()
        first = f"{format_minor(int(found['first']), currency)} {found['word']} " if found["first"] else ""
        parts.append(f"{first}{format_minor(int(found['last']), currency)} {currency}")
    parts.append(_apart(text[end:], currency))
    return "".join(parts)


def _apart(text: str, currency: str | None) -> str:
    if currency is None:
        return text
    return _APART.sub(lambda found: f"{found['word']} {format_minor(int(found['amount']), currency)}", text)
