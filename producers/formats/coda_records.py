"""Fields of CODA records: accounts, dates, amounts of three decimals, and structured communications.

Columns are those of Febelfin's "Coded statement of account (CODA)", version 2.
"""

import re
from typing import NamedTuple

from producers.errors import RecordError
from producers.formats.cfonb120_records import ddmmyy
from schemas.errors import AmountError
from schemas.money import MAX_AMOUNT_MINOR, currency_exponent

__all__ = ["Communication", "account_of", "coda_date", "parse_communication", "signed_minor"]

coda_date = ddmmyy

_WRITTEN_DECIMALS = 3
_SPACES = re.compile(r" {2,}")


class Communication(NamedTuple):
    """What a communication says: its text, the creditor's structured reference, the mandate of a direct debit."""

    text: str | None
    reference: str | None = None
    mandate_id: str | None = None


def account_of(structure: str, text: str) -> tuple[str, str]:
    """Account number and currency of the 37 characters that records 1 and 8 give it.

    Structure 0 is a Belgian account number, 1 a foreign one, 2 a Belgian IBAN, 3 a foreign IBAN.
    """
    account, currency = (text[:12], text[13:16]) if structure == "0" else (text[:34], text[34:37])
    return "".join(account.split()), currency.strip()


def signed_minor(sign: str, digits: str, currency: str) -> int:
    """Signed minor units of an amount of 15 digits, three of them decimals; sign 0 is a credit, 1 a debit.

    Raises:
        RecordError: no such amount.
        AmountError: more decimals than the currency has, or no such currency.
    """
    if sign not in {"0", "1"} or not (digits.isdigit() and digits.isascii()):
        raise RecordError(f"{sign + digits!r} is no amount: a sign of 0 or 1 and 15 digits")
    exponent = currency_exponent(currency)
    value = int(digits + "0" * max(0, exponent - _WRITTEN_DECIMALS))
    divisor: int = 10 ** max(0, _WRITTEN_DECIMALS - exponent)
    value, lost = divmod(value, divisor)
    if lost:
        raise AmountError(f"{digits!r} has more decimals than {currency} ({exponent}); it is not rounded")
    if value > MAX_AMOUNT_MINOR:
        raise AmountError(f"{digits!r} does not fit 64 bits of minor units")
    return -value if sign == "1" else value


def parse_communication(structured: bool, text: str) -> Communication:
    """A communication, joined from records 21 to 23.

    Structured ones begin with their type: 101 and 102 are the twelve digits of a Belgian payment reference, whose last two are the
    rest of the first ten by 97 (97 for 0); 127 is a SEPA direct debit. Others stay text, type included.
    """
    plain = _SPACES.sub(" ", text).strip()
    if not structured:
        return Communication(plain or None)
    kind, body = text[:3], text[3:]
    digits = body[:12]
    if kind in {"101", "102"} and digits.isdigit() and digits.isascii() and (int(digits[:10]) % 97 or 97) == int(digits[10:]):
        return Communication(f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++", reference=digits)
    if kind == "127":
        said = _SPACES.sub(" ", body[79:141]).strip()
        return Communication(said or None, mandate_id=body[44:79].strip() or None)
    return Communication(plain or None)
