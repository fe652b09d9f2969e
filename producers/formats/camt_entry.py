"""One camt entry (Ntry): the ledger movement, with its details beside it."""

import datetime as dt

from producers.errors import RecordError
from producers.formats.camt_details import check_details, read_details
from producers.formats.camt_elements import LOCAL, Children, Element, amount_of, children, date_of, direction_of, line_of, path_text
from producers.formats.contract import Entry, EntryStatus
from producers.formats.references import clean_reference
from schemas.records import Direction

__all__ = ["read_entry"]

_STATUSES = {
    "BOOK": EntryStatus.BOOKED,
    "PDNG": EntryStatus.PENDING,
    "INFO": EntryStatus.INFORMATION,
    "FUTR": EntryStatus.EXPECTED,
}
_REVERSAL = {"true": True, "1": True, "false": False, "0": False, None: False}


def read_entry(element: Element, index: int, account_id: str, currency: str, position: str) -> tuple[Entry, list[tuple[str, str]]]:
    """The entry and the (code, message) of everything about it that a person should know.

    Amt is unsigned and CdtDbtInd is the direction in which it was booked, for a reversal too: RvslInd never flips it.

    Args:
        element: the Ntry element.
        index: its number in the statement, from 1.
        account_id: of the statement.
        currency: of the statement's account, for an Amt without Ccy.
        position: where the entry stands, for messages.

    Raises:
        RecordError: amount, direction or status are missing or unknown.
        AmountError: the amount cannot be held in minor units.
    """
    found: Children = {}
    blocks: list[Element] = []
    for child in element:
        name = LOCAL[child.tag]
        if name == "NtryDtls":
            blocks.append(child)
        else:
            found[name] = child
    if "TxDtls" in found or "Btch" in found:
        # Version 01 has no NtryDtls around them.
        blocks.append(element)
    problems: list[tuple[str, str]] = []
    amount, entry_currency = amount_of(found.get("Amt"), currency)
    direction = direction_of(found)
    reversal = path_text(found, "RvslInd")
    if reversal not in _REVERSAL:
        raise RecordError(f"RvslInd is {reversal!r}, neither true nor false")
    details, batch = read_details(blocks, entry_currency, direction, problems)
    signed = amount if direction is Direction.CREDIT else -amount
    problems.extend(check_details(details, batch, signed, entry_currency, direction))
    single = details[0] if len(details) == 1 else None
    entry = Entry(
        index=index,
        account_id=account_id,
        currency=entry_currency,
        amount_minor=amount,
        direction=direction,
        status=_status(found, problems),
        is_reversal=_REVERSAL[reversal],
        booking_date=_date(found, "BookgDt", problems),
        value_date=_date(found, "ValDt", problems),
        bank_reference=clean_reference(path_text(found, "AcctSvcrRef")),
        customer_reference=batch.reference or (single.payment_reference if single else None),
        end_to_end_id=single.end_to_end_id if single else None,
        code=_code(found),
        counterparty_name=single.counterparty_name if single else None,
        counterparty_account=single.counterparty_account if single else None,
        counterparty_bank=single.counterparty_bank if single else None,
        remittance=(single.remittance if single else None) or path_text(found, "AddtlNtryInf"),
        details=details,
        line=line_of(element),
        position=position,
    )
    return entry, problems


def _status(found: Children, problems: list[tuple[str, str]]) -> EntryStatus:
    # Text in the early versions, Cd (or Prtry) inside from version 04 to 08 on, depending on the message.
    code = path_text(found, "Sts") or path_text(found, "Sts", "Cd") or path_text(found, "Sts", "Prtry")
    if code is None:
        problems.append(("status_missing", "the entry has no Sts; it is taken as booked"))
        return EntryStatus.BOOKED
    status = _STATUSES.get(code)
    if status is None:
        raise RecordError(f"Sts is {code!r}, none of {', '.join(_STATUSES)}")
    return status


def _date(found: Children, name: str, problems: list[tuple[str, str]]) -> dt.date | None:
    try:
        return date_of(found.get(name))
    except ValueError:
        problems.append(("impossible_date", f"{name} is in no calendar; it is left empty"))
        return None


def _code(found: Children) -> str | None:
    element = found.get("BkTxCd")
    if element is None:
        return None
    parts = children(element)
    domain = parts.get("Domn")
    if domain is not None:
        inner = children(domain)
        codes = (path_text(inner, "Cd"), path_text(inner, "Fmly", "Cd"), path_text(inner, "Fmly", "SubFmlyCd"))
        return "/".join(code or "" for code in codes)
    return path_text(parts, "Prtry", "Cd")
