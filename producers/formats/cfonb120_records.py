"""Fields of CFONB 120 records: accounts, dates, and amounts whose last character carries digit and sign.

Columns are those of the CFONB brochure "Relevé de compte sur support informatique" (also known as AFB 120).
"""

import datetime as dt
from functools import lru_cache

from producers.errors import RecordError
from schemas.errors import AmountError
from schemas.money import MAX_AMOUNT_MINOR, currency_exponent

__all__ = ["account_of", "currency_of", "ddmmyy", "signed_minor"]

_OVERPUNCH: dict[str, tuple[str, int]] = {
    **{character: (str(digit), 1) for digit, character in enumerate("{ABCDEFGHI")},
    **{character: (str(digit), -1) for digit, character in enumerate("}JKLMNOPQR")},
    # Encodings that have no braces put accented letters there.
    "é": ("0", 1),
    "è": ("0", -1),
}


def account_of(text: str) -> str:
    """Bank, branch and account number without the check digits, as a domestic account is written."""
    return f"{text[2:7]}{text[11:16]}{text[21:32]}".replace(" ", "")


def currency_of(text: str, default: str | None) -> str:
    """ISO 4217 currency of the record; EUR where neither it nor the feed says one, because the format is French."""
    return text[16:19].strip() or default or "EUR"


def signed_minor(text: str, currency: str) -> int:
    """Signed minor units of columns 91 to 104; column 20 says how many decimals are written.

    Raises:
        RecordError: no such amount.
        AmountError: more decimals than the currency has, or no such currency.
    """
    written = text[90:104]
    exponent = currency_exponent(currency)
    decimals = int(text[19]) if text[19].isdigit() and text[19].isascii() else exponent
    last = _OVERPUNCH.get(written[13])
    digits = written[:13].strip() or "0"
    if last is None or not (digits.isdigit() and digits.isascii()):
        raise RecordError(f"{written!r} is no amount: 13 digits and a letter or brace that carries the sign")
    value = int(digits + last[0])
    if decimals > exponent:
        divisor: int = 10 ** (decimals - exponent)
        value, lost = divmod(value, divisor)
        if lost:
            raise AmountError(f"{written!r} has more decimals than {currency} ({exponent}); it is not rounded")
    else:
        value = int(str(value) + "0" * (exponent - decimals))
    if value > MAX_AMOUNT_MINOR:
        raise AmountError(f"{written!r} does not fit 64 bits of minor units")
    return last[1] * value


@lru_cache(maxsize=4000)
def ddmmyy(text: str) -> dt.date | None:
    """The date of DDMMYY, None for zeros, blanks and days that are in no calendar."""
    if not (text.isdigit() and text.isascii() and len(text) == 6):
        return None
    try:
        return dt.date(2000 + int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None
