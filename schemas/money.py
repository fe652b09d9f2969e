"""Money as integer minor units: ISO 4217 exponents, and parsing of every decimal text that a provider sends."""

import re
from decimal import Decimal, InvalidOperation

from schemas.errors import AmountError

__all__ = ["MAX_AMOUNT_MINOR", "currency_exponent", "format_minor", "parse_minor"]

MAX_AMOUNT_MINOR = 2**63 - 1
"""Largest amount that the wire (Avro long) and the tables (bigint) carry."""

# ISO 4217 list one: the currencies whose exponent is not 2.
_EXPONENTS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", re.ASCII)


def currency_exponent(currency: str) -> int:
    """Number of decimals of an ISO 4217 currency: 2 for EUR and INR, 0 for JPY, 3 for KWD.

    Raises:
        AmountError: `currency` is not three capital letters.
    """
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise AmountError(f"{currency!r} is no ISO 4217 currency (three capital letters)")
    return _EXPONENTS.get(currency, 2)


def parse_minor(text: str | int | Decimal, currency: str, *, decimal: str = ".", group: str = ",") -> int:
    """Minor units of a decimal amount: `parse_minor("10,50,510.00", "INR") == 105051000`.

    Args:
        text: the amount in major units; floats are refused by type. Group separators may stand anywhere before the
            decimal separator (western and Indian grouping are both seen).
        currency: ISO 4217 letters, which give the exponent.
        decimal: the decimal separator.
        group: the group separator, removed; an empty string for none.

    Returns:
        Signed minor units.

    Raises:
        AmountError: not a plain decimal number, more decimals than the currency has, or out of the range of 64 bits.
    """
    exponent = currency_exponent(currency)
    if isinstance(text, str):
        plain = text.strip().replace("\u00a0", "")
        whole, separator, fraction = plain.partition(decimal)
        if group:
            whole = whole.replace(group, "")
        number = f"{whole}.{fraction}" if separator else whole
        if not _NUMBER.fullmatch(number):
            raise AmountError(f"{text!r} is no amount")
        value = Decimal(number)
    elif isinstance(text, bool) or not isinstance(text, int | Decimal):
        raise AmountError(f"{text!r} is a {type(text).__name__}; parse amounts as text or Decimal, never as float")
    else:
        value = Decimal(text)
    try:
        scaled = value.scaleb(exponent)
        minor = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise AmountError(f"{text!r} is no amount") from error
    if scaled != minor:
        raise AmountError(f"{text!r} has more decimals than {currency} ({exponent}); it is not rounded")
    if abs(minor) > MAX_AMOUNT_MINOR:
        raise AmountError(f"{text!r} {currency} does not fit 64 bits of minor units")
    return minor


def format_minor(amount_minor: int, currency: str) -> str:
    """Decimal text of minor units: `format_minor(-1250, "EUR") == "-12.50"`."""
    exponent = currency_exponent(currency)
    sign = "-" if amount_minor < 0 else ""
    digits = str(abs(amount_minor)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"
