"""A NACHA entry (record 6) with its addenda (records 7), as the originating company sees it.

Columns are those of the Nacha Operating Rules, appendix three (ACH record format specifications) and four (returns and NOC).
"""

import datetime as dt
from typing import NamedTuple

from producers.errors import RecordError
from producers.formats.contract import Detail, Entry, EntryStatus
from producers.formats.references import clean_reference
from schemas.records import Direction

__all__ = ["Batch", "Written", "entry_of", "written_of", "yymmdd"]

_OPPOSITE = {Direction.CREDIT: Direction.DEBIT, Direction.DEBIT: Direction.CREDIT}
_DISHONOURED = range(61, 71)


class Batch(NamedTuple):
    """Head of a batch (record 5). `sec` is the standard entry class: PPD, CCD, WEB, CTX, IAT, ADV, COR, ..."""

    sec: str
    company: str
    description: str
    effective: dt.date | None
    settled: dt.date | None


class Written(NamedTuple):
    """The parts of a record 6 that control totals need: transaction code, routing number without check digit, cents."""

    code: str
    routing: int
    amount_minor: int
    is_credit: bool


def written_of(text: str, sec: str) -> Written:
    """Code, routing number and amount of a record 6.

    Raises:
        RecordError: one of them is no number, or the code is none of the rules.
    """
    code, routing = text[1:3], text[3:11]
    amount = text[27:39] if sec == "ADV" else text[29:39]
    for name, value in (("transaction code", code), ("routing number", routing), ("amount", amount)):
        if not (value.isdigit() and value.isascii()):
            raise RecordError(f"{name} {value!r} of a record 6 is no number")
    kind = int(code[1])
    if code[0] == "8":
        # ADV: accounting of the operator; odd codes are credits.
        if not 1 <= kind <= 8:
            raise RecordError(f"transaction code {code} is none of ADV (81 to 88)")
        is_credit = kind % 2 == 1
    elif code[0] in "2345" and kind not in {0, 5}:
        is_credit = kind < 5
    else:
        raise RecordError(f"transaction code {code} is none of the Nacha rules")
    return Written(code, int(routing), int(amount), is_credit)


def entry_of(text: str, addenda: list[str], written: Written, batch: Batch, *, statement_id: str, index: int, line: int) -> Entry:
    """The entry of a record 6 and the records 7 that follow it.

    Trace numbers begin anew with every file of many originators, so the entry's own id names file and batch too.

    A credit to the receiver takes money from the company, so the company's direction is the opposite of the code's; a return
    (addenda 99) gives the original back, so there the code's own direction holds; a dishonoured return (R61 to R70) undoes that.
    """
    returned = next((part for part in addenda if part[1:3] == "99"), None)
    change = next((part for part in addenda if part[1:3] == "98"), None)
    is_return = returned is not None or (change is None and written.code[1] in "16" and written.code[0] != "8")
    direction = Direction.CREDIT if written.is_credit else Direction.DEBIT
    reason = (returned or change or "")[3:6].strip() or None
    dishonoured = reason is not None and reason[0] == "R" and reason[1:].isdecimal() and int(reason[1:]) in _DISHONOURED
    if batch.sec != "ADV" and (not is_return or dishonoured):
        direction = _OPPOSITE[direction]
    name, own_reference, account = _party(text, addenda, batch.sec)
    original = clean_reference((returned or change or "")[6:21])
    notice = _notice(returned, change, batch.sec)
    remittance = "\n".join(part for part in (batch.description, notice, *_payment_information(addenda, batch.sec)) if part)
    # Nothing moves with a notification of change, a prenotification or a remittance without an amount.
    moves = written.amount_minor > 0 and change is None
    return Entry(
        index=index,
        account_id=batch.company,
        currency="USD",
        amount_minor=written.amount_minor,
        direction=direction,
        status=EntryStatus.BOOKED if moves else EntryStatus.INFORMATION,
        is_reversal=is_return,
        booking_date=batch.settled or batch.effective,
        value_date=batch.effective,
        entry_id=f"{statement_id}/{text[79:94].strip() or index}",
        bank_reference=clean_reference(text[79:94]),
        customer_reference=own_reference,
        end_to_end_id=original,
        code=f"{batch.sec} {written.code}",
        counterparty_name=name,
        counterparty_account=account,
        counterparty_bank=text[3:12].strip() or None,
        remittance=remittance or None,
        details=(Detail(payment_reference=original, return_reason=reason, remittance=notice),) if reason else (),
        line=line,
        position=str(line),
    )


def _party(text: str, addenda: list[str], sec: str) -> tuple[str | None, str | None, str | None]:
    """Name, the company's own reference and account of the other party."""
    if sec == "ADV":
        return text[54:76].strip() or None, None, text[12:27].strip() or None
    if sec == "IAT" or any(part[1:3] == "10" for part in addenda):
        # A notification of change to an IAT entry is in a batch of class COR, but keeps the columns of IAT.
        receiver = next((part[46:81].strip() for part in addenda if part[1:3] == "10"), "")
        return receiver or None, None, text[39:74].strip() or None
    first, second = text[39:54], text[54:76]
    if sec == "CIE":
        # Initiated by the customer: name and number change places.
        first, second = second, first
    elif sec in {"CTX", "ATX", "ENR", "DNE"} and text[54:58].isdigit():
        second = text[58:74]
    return second.strip() or None, clean_reference(first), text[12:29].strip() or None


def _notice(returned: str | None, change: str | None, sec: str) -> str | None:
    if returned is not None:
        return returned[45 if sec == "IAT" else 35 : 79].strip() or None
    return change[35:64].strip() or None if change is not None else None


def _payment_information(addenda: list[str], sec: str) -> list[str]:
    kinds = {"05", "17"} if sec == "IAT" else {"05"}
    return [part[3:83].strip() for part in addenda if part[1:3] in kinds]


def yymmdd(text: str) -> dt.date | None:
    """The date of YYMMDD, None for zeros, blanks and days that are in no calendar."""
    if not (text.isdigit() and text.isascii() and len(text) == 6):
        return None
    try:
        return dt.date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
