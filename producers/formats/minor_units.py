"""Amounts of statement files, on the hot path: plain digits are converted directly, everything else by `schemas.money`."""

from schemas.errors import AmountError
from schemas.money import currency_exponent, parse_minor

__all__ = ["unsigned_minor"]

_SAFE_DIGITS = 17
"""With at most four decimals appended this still fits 64 bits, so no range check is needed below it."""

_exponents: dict[str, int] = {}


def unsigned_minor(text: str, currency: str, *, decimal: str) -> int:
    """Minor units of an amount without sign and group separators, as MT940 and ISO 20022 write it.

    Args:
        text: digits with at most one `decimal`; leading zeros are common.
        currency: ISO 4217 letters.
        decimal: the decimal separator.

    Raises:
        AmountError: no such amount, more decimals than the currency has, or out of range; it is never rounded.
    """
    exponent = _exponents.get(currency)
    if exponent is None:
        exponent = currency_exponent(currency)
        if len(_exponents) < 1000:
            _exponents[currency] = exponent
    whole, _, fraction = text.partition(decimal)
    digits = whole + fraction
    if digits.isdigit() and digits.isascii() and len(fraction) <= exponent and len(whole) <= _SAFE_DIGITS - exponent and whole:
        return int(digits.ljust(len(whole) + exponent, "0"))
    minor = parse_minor(text, currency, decimal=decimal, group="")
    if minor < 0:
        raise AmountError(f"{text!r} has a sign; the format puts the direction beside the amount")
    return minor
