"""The amounts of a BAI2 account record (03): balances and summaries by type code."""

import re
from dataclasses import dataclass, field

from producers.errors import RecordError

__all__ = ["Summary", "parse_summary", "signed_amount"]

_NUMBER = re.compile(r"[+-]?\d{1,24}", re.ASCII)
_AFTER_FUNDS = {"S": 3, "V": 2}


@dataclass(slots=True)
class Summary:
    """Amounts by type code (signed minor units), item counts by type code, and the sum of all amounts as written."""

    amounts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    total: int = 0


def parse_summary(fields: list[str]) -> Summary:
    """The groups of type code, amount, item count and funds type that follow account and currency.

    Empty type codes are stepped over: a comma before the `/`, doubled by the comma of a continuation, is no group of four.

    Raises:
        RecordError: an amount or a funds type is malformed; what came before it cannot be trusted either.
    """
    found = Summary()
    at = 0
    while at < len(fields):
        code = fields[at].strip()
        at += 1
        if not code:
            continue
        amount, count, funds = ([part.strip() for part in fields[at : at + 3]] + ["", "", ""])[:3]
        at += 3
        if amount:
            found.amounts[code] = signed_amount(amount)
            found.total += found.amounts[code]
        if count.isdigit() and count.isascii() and len(count) < 19:
            found.counts[code] = int(count)
        if funds == "D":
            pairs = fields[at].strip() if at < len(fields) else ""
            if not (pairs.isdigit() and pairs.isascii() and len(pairs) < 4):
                raise RecordError(f"funds type D of type code {code[:10]!r} has no number of pairs")
            at += 1 + 2 * int(pairs)
        elif funds in _AFTER_FUNDS:
            at += _AFTER_FUNDS[funds]
        elif funds not in {"", "0", "1", "2", "Z"}:
            raise RecordError(f"funds type {funds[:20]!r} of type code {code[:10]!r} is none of 0, 1, 2, S, V, D and Z")
    return found


def signed_amount(text: str) -> int:
    """Minor units of a summary amount or control total, which may carry its sign.

    Raises:
        RecordError: no such integer.
    """
    plain = text.strip()
    if not _NUMBER.fullmatch(plain):
        raise RecordError(f"{plain[:40]!r} is no integer of minor units")
    return int(plain)
