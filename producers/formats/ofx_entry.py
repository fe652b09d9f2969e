"""An OFX transaction (STMTTRN) as an entry.

Fields as in the OFX banking specification (section 11.4.4). TRNAMT is signed as the account holder sees it; TRNTYPE is no sign.
DTPOSTED is a local time with an offset: its date is taken as written, because converting it first moves payments to another day.
"""

import datetime as dt
import re
from functools import lru_cache
from typing import NamedTuple

from producers.errors import RecordError
from producers.formats.contract import CorrectionKind, Entry, EntryStatus
from producers.formats.lines import decode
from producers.formats.minor_units import unsigned_minor
from producers.formats.references import clean_reference
from schemas.records import Direction

__all__ = ["Correction", "correction_of", "entry_of", "local_date", "plain_text", "signed_minor"]

_FIELD = re.compile(r"<([A-Z0-9.]+)>([^<]*)")
_MOST_SECTIONS = 100
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}


class Correction(NamedTuple):
    """What a transaction with CORRECTFITID does to an earlier one: REPLACE or DELETE."""

    fitid: str
    action: str


def entry_of(
    block: bytes, *, index: int, account_id: str, currency: str, status: EntryStatus, line: int, position: str, stable_ids: bool
) -> tuple[Entry, Correction | None]:
    """The entry of a STMTTRN, and the correction that it is, if it is one.

    With `stable_ids` the feed says that FITID never comes again for another payment, so it is the id by itself, and a correction
    has the id of what it corrects.

    Raises:
        RecordError: it has no usable date.
        AmountError: TRNAMT is no amount.
    """
    text = decode(block)
    if "<![CDATA[" in text:
        if text.count("<![CDATA[") > _MOST_SECTIONS:
            raise RecordError(f"the transaction has more than {_MOST_SECTIONS} CDATA sections; it has not as many fields")
        text = _CDATA.sub(_escaped, text)
    fields = dict(_FIELD.findall(text))
    get = fields.get
    posted = local_date(get("DTPOSTED") or get("DTTRAN") or "")
    if posted is None:
        raise RecordError(f"DTPOSTED {(get('DTPOSTED') or '').strip()[:40]!r} is no date")
    if "<CURRENCY>" in text:
        # CURRENCY says that TRNAMT is in another currency; ORIGCURRENCY only tells what it was before.
        currency = get("CURSYM", "").strip() or currency
    amount = signed_minor(get("TRNAMT", ""), currency)
    correction, kind = None, None
    if "CORRECTFITID" in fields:
        correction = Correction(get("CORRECTFITID", "").strip(), get("CORRECTACTION", "").strip().upper())
        kind = CorrectionKind.REPLACES
        if correction.action == "DELETE":
            status, kind = EntryStatus.INFORMATION, CorrectionKind.WITHDRAWS
    available = get("DTAVAIL")
    fitid = clean_reference(plain_text(get("FITID")))
    named = clean_reference(plain_text(correction.fitid)) if correction is not None and stable_ids else fitid
    entry = Entry(
        index=index,
        account_id=account_id,
        currency=currency,
        amount_minor=abs(amount),
        direction=Direction.DEBIT if amount < 0 else Direction.CREDIT,
        status=status,
        booking_date=posted,
        value_date=local_date(available) if available else None,
        # Some banks number FITID anew in each download, so alone it would make different payments one.
        entry_id=(named if stable_ids else f"{named}/{posted}/{amount}") if named else None,
        bank_reference=fitid,
        customer_reference=clean_reference(plain_text(get("CHECKNUM"))) or clean_reference(plain_text(get("REFNUM"))),
        code=get("TRNTYPE", "").strip() or None,
        counterparty_name=plain_text(get("NAME")),
        counterparty_account=plain_text(get("ACCTID")),
        counterparty_bank=plain_text(get("BANKID")),
        remittance=plain_text(get("MEMO")),
        correction=kind,
        line=line,
        position=position,
    )
    return entry, correction


def correction_of(correction: Correction) -> tuple[str, str]:
    """Code and message of the finding for a correction."""
    if correction.action == "DELETE":
        return "deleted", f"the bank deletes transaction {correction.fitid!r} that it sent before; take it back"
    return "replaced", f"the bank replaces transaction {correction.fitid!r} that it sent before; take the earlier one back"


def signed_minor(text: str, currency: str) -> int:
    """Signed minor units of an OFX amount: a comma or a dot is the decimal separator, grouping is not allowed.

    Raises:
        AmountError: no such amount, or more decimals than the currency has.
    """
    plain = text.strip()
    sign = plain[:1]
    if sign in {"-", "+"}:
        plain = plain[1:]
    minor = unsigned_minor(plain, currency, decimal="," if "," in plain else ".")
    return -minor if sign == "-" else minor


@lru_cache(maxsize=4000)
def _day(digits: str) -> dt.date | None:
    if not (digits.isdigit() and digits.isascii() and len(digits) == 8):
        return None
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def local_date(text: str) -> dt.date | None:
    """The date of `20260131120000.000[-5:EST]` as written; None when there is none."""
    return _day(text.strip()[:8])


def plain_text(text: str | None) -> str | None:
    """The text without surrounding blanks and with its character references resolved; None when nothing is left."""
    if not text:
        return None
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    return text.strip() or None


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return _NAMED[name]
    number = int(f"0{name[1:]}", base=0) if name[1] == "x" else int(name[1:])
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else match[0]


def _escaped(match: re.Match[str]) -> str:
    return match[1].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
