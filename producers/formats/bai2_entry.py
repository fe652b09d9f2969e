"""A BAI2 transaction detail (record 16) as an entry. The sign lies in the type code, not in the amount."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

from producers.errors import RecordError
from producers.formats.bai2_records import Record
from producers.formats.contract import CorrectionKind, Entry, EntryStatus
from producers.formats.references import clean_reference
from schemas.money import MAX_AMOUNT_MINOR
from schemas.records import Direction

__all__ = ["DetailReader", "amount_as_written", "bai2_date"]

_PLAIN_FUNDS = frozenset({"", "0", "1", "2", "Z"})
_NON_MONETARY = "890"
_new_entry = Entry.__new__
# Reversals and returned items, by the names of the detail codes of the specification.
_REVERSALS = frozenset({"252", "254", "255", "257", "258", "552", "554", "555", "557", "558"})


class DetailReader:
    """Reads the details of one account.

    Args:
        account_id: as the 03 record writes it.
        currency: ISO 4217; amounts are integers in its minor units.
        as_of: the date of the group.
        status: what its entries are, BOOKED but for groups that are tests or deletions.
        directions: of the bank's own codes, such as `{"905": "CREDIT"}`.
        correction: what the group does to what was sent before.
    """

    def __init__(
        self,
        account_id: str,
        currency: str,
        as_of: dt.date | None,
        status: EntryStatus,
        directions: Mapping[str, str],
        correction: CorrectionKind | None,
    ) -> None:
        self._account_id = account_id
        self._currency = currency
        self._as_of = as_of
        self._status = status
        self._correction = correction
        self._kinds = {code: (Direction(value), code in _REVERSALS) for code, value in directions.items()}

    def read(self, record: Record, index: int) -> Entry:
        """The entry of a record 16.

        Raises:
            RecordError: malformed, or a code of which nobody says whether it is a credit.
        """
        fields = record.text.split(",", 6)
        if len(fields) < 3:
            raise RecordError("record 16 has no type code and amount")
        code, amount = fields[1].strip(), fields[2].strip()
        status = self._status
        if code == _NON_MONETARY:
            status, amount = EntryStatus.INFORMATION, amount or "0"
        minor = int(amount) if len(amount) < 19 and amount.isdigit() and amount.isascii() else _long_amount(amount, code)
        funds = fields[3].strip() if len(fields) > 3 else ""
        value_date = self._as_of if funds == "0" else None
        if funds not in _PLAIN_FUNDS:
            fields, value_date = _beyond_funds(record.text, funds)
        if len(fields) < 7:
            fields += [""] * (7 - len(fields))
        kind = self._kinds.get(code)
        if kind is None:
            kind = self._kinds[code] = _direction(code), code in _REVERSALS
        # By `__init__` and with fourteen keywords: Python 3.11 packs the keywords of a class, and more than fourteen of any call,
        # into a dict first, which takes a sixth of the time of the whole parser.
        entry = _new_entry(Entry)
        Entry.__init__(
            entry,
            index=index,
            account_id=self._account_id,
            currency=self._currency,
            amount_minor=minor,
            direction=kind[0],
            status=status,
            booking_date=self._as_of,
            value_date=value_date,
            bank_reference=clean_reference(fields[4].replace("\n", "")),
            customer_reference=clean_reference(fields[5].replace("\n", "")),
            code=code,
            remittance=fields[6].strip().replace(",\n", "\n") or None,
            line=record.line,
            position=str(record.line),
        )
        if kind[1] or self._correction:
            entry.is_reversal, entry.correction = kind[1], self._correction
        return entry


def amount_as_written(record: Record) -> int:
    """What a record 16 adds to control totals, also when it cannot be read as an entry; 0 when it has no amount."""
    fields = record.text.split(",", 3)
    plain = fields[2].strip() if len(fields) > 2 else ""
    sign, digits = (-1, plain[1:]) if plain.startswith("-") else (1, plain.removeprefix("+"))
    return sign * int(digits) if digits.isdigit() and digits.isascii() and len(digits) <= 24 else 0


def _long_amount(amount: str, code: str) -> int:
    if not (amount.isdigit() and amount.isascii()) or len(amount) > 24:
        raise RecordError(f"amount {amount[:40]!r} of type code {code[:10]!r} is no unsigned integer of minor units")
    minor = int(amount)
    if minor > MAX_AMOUNT_MINOR:
        raise RecordError(f"amount {amount} does not fit 64 bits of minor units")
    return minor


def _direction(code: str) -> Direction:
    number = int(code) if code.isdigit() and code.isascii() and len(code) == 3 else 0
    if 100 <= number <= 399 or 720 <= number <= 759 or code == _NON_MONETARY:
        return Direction.CREDIT
    if 400 <= number <= 699 or 760 <= number <= 799:
        return Direction.DEBIT
    raise RecordError(
        f"type code {code[:10]!r} does not say whether it is a credit; if the bank defines it (900-999), name it in the"
        ' mapping of the feed: {"type_codes": {"' + code[:3] + '": "CREDIT"}}'
    )


def _beyond_funds(text: str, funds: str) -> tuple[list[str], dt.date | None]:
    """The fields with those of the funds type taken out, and the value date.

    S has three amounts (immediate, one day, two and more), V a date and a time, D a number of pairs of days and amount.
    """
    value_date = None
    if funds == "S":
        extra = 3
    elif funds == "V":
        extra = 2
        parts = text.split(",", 5)
        value_date = bai2_date(parts[4]) if len(parts) > 4 else None
    elif funds == "D":
        parts = text.split(",", 5)
        pairs = parts[4].strip() if len(parts) > 4 else ""
        if not (pairs.isdigit() and pairs.isascii() and len(pairs) < 4):
            raise RecordError(f"funds type D has {pairs[:20]!r} in place of the number of its pairs")
        extra = 1 + 2 * int(pairs)
    else:
        raise RecordError(f"funds type {funds[:20]!r} is none of 0, 1, 2, S, V, D and Z")
    fields = text.split(",", 6 + extra)
    if len(fields) < 4 + extra:
        raise RecordError(f"record 16 ends before the {extra} fields that its funds type {funds} has")
    return fields[:4] + fields[4 + extra :], value_date


@lru_cache(maxsize=1000)
def bai2_date(text: str) -> dt.date | None:
    """The date of YYMMDD, None for a blank one, zeros, or one that is in no calendar."""
    plain = text.strip()
    if len(plain) != 6 or not plain.isdigit() or not plain.isascii():
        return None
    try:
        return dt.date(2000 + int(plain[:2]), int(plain[2:4]), int(plain[4:]))
    except ValueError:
        return None
