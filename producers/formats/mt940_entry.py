"""An MT940/MT942 entry: field 61, and the field 86 that follows it."""

import re

from producers.formats.contract import Entry
from producers.formats.mt940_lines import StatementLine
from producers.formats.mt940_remittance import Remittance, parse_remittance

__all__ = ["entry_of"]

_NO_REMITTANCE = Remittance()
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)


def entry_of(line: StatementLine, texts: list[str], *, index: int, account_id: str, currency: str, number: int) -> Entry:
    """The entry of a field 61 and the lines of its field 86, whose text comes before the supplementary lines of field 61.

    Args:
        line: field 61.
        texts: lines of field 86, none where it is missing.
        index: of the entry in its statement.
        account_id: of the statement.
        currency: of the statement.
        number: line of field 61 in the file.
    """
    found = parse_remittance(texts) if texts else _NO_REMITTANCE
    remittance, supplementary, account = found.text, line.supplementary.strip(), found.counterparty_account
    if account is None and _IBAN.fullmatch(supplementary):
        # Rabobank writes the account of the other side below field 61.
        account, supplementary = supplementary, ""
    if supplementary:
        remittance = f"{remittance}\n{supplementary}" if remittance else supplementary
    dates, mark, code = line.dates, line.mark, line.code
    return Entry(
        index=index,
        account_id=account_id,
        currency=currency,
        amount_minor=line.amount_minor,
        direction=mark.direction,
        status=mark.status,
        is_reversal=mark.is_reversal,
        booking_date=dates.booking,
        value_date=dates.value,
        bank_reference=line.bank_reference,
        customer_reference=line.customer_reference or found.customer_reference,
        end_to_end_id=found.end_to_end_id,
        code=f"{code} {found.code}" if code and found.code else code or found.code,
        counterparty_name=found.counterparty_name,
        counterparty_account=account,
        counterparty_bank=found.counterparty_bank,
        remittance=remittance,
        line=number,
        position=str(number),
    )
