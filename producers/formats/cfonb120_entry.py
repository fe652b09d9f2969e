"""A CFONB 120 movement (record 04) with its complements (records 05)."""

from producers.errors import RecordError
from producers.formats.cfonb120_records import ddmmyy, signed_minor
from producers.formats.contract import Detail, Entry
from producers.formats.references import clean_reference
from schemas.records import Direction

__all__ = ["entry_of"]

_REMITTANCE = frozenset({"LIB", "LCC", "LC2", "LCS"})


def entry_of(text: str, complements: list[str], *, index: int, account_id: str, currency: str, number: str, line: int) -> Entry:
    """The entry of a record 04.

    Args:
        text: the record.
        complements: the records 05 behind it. Qualifiers: LIB, LCC, LC2 and LCS are text, NPY payer, NBE payee, RCN the
            customer's reference, REF the bank's, RUM the mandate, IPY and IBE the other party's identification.
        index: position in the statement.
        account_id: of the statement.
        currency: of the statement.
        number: account number (columns 22 to 32) of the statement.
        line: of the record.

    Raises:
        RecordError: malformed, or of another account than its statement.
        AmountError: no such amount.
    """
    if text[21:32] != number:
        raise RecordError(f"the movement is of account {text[21:32]!r}, its statement of {number!r}")
    written = signed_minor(text, currency)
    said: dict[str, str] = {}
    label = [text[48:79].strip()]
    for complement in complements:
        qualifier, value = complement[45:48], complement[48:118].strip()
        if qualifier in _REMITTANCE:
            label.append(value)
        elif value:
            said.setdefault(qualifier, value)
    rejected = text[40:42].strip()
    mandate = said.get("RUM", "")[:35].strip() or None
    detail = Detail(mandate_id=mandate, return_reason=rejected or None)
    return Entry(
        index=index,
        account_id=account_id,
        currency=currency,
        amount_minor=abs(written),
        direction=Direction.DEBIT if written < 0 else Direction.CREDIT,
        is_reversal=bool(rejected.strip("0")),
        booking_date=ddmmyy(text[34:40]),
        value_date=ddmmyy(text[42:48]),
        bank_reference=clean_reference(said.get("REF", "")[:35]),
        customer_reference=clean_reference(text[104:120]) or clean_reference(text[81:88]),
        end_to_end_id=clean_reference(said.get("RCN", "")[:35]),
        code=text[32:34].strip() or None,
        counterparty_name=(said.get("NPY") or said.get("NBE") or "")[:35].strip() or None,
        counterparty_account=(said.get("IPY") or said.get("IBE") or "")[:35].strip() or None,
        remittance="\n".join(part for part in label if part) or None,
        details=(detail,) if mandate or rejected.strip("0") else (),
        line=line,
        position=str(line),
    )
