"""An MT940/MT942 entry: field 61 first, completed by the field 86 that follows it."""

from dataclasses import replace

from producers.formats.contract import Entry
from producers.formats.mt940_lines import StatementLine
from producers.formats.mt940_remittance import parse_remittance

__all__ = ["entry_of", "with_remittance"]


def entry_of(line: StatementLine, index: int, account_id: str, currency: str, *, line_number: int) -> Entry:
    """The entry of a field 61; its supplementary lines are the remittance until a field 86 says more."""
    return Entry(
        index=index,
        account_id=account_id,
        currency=currency,
        amount_minor=line.amount_minor,
        direction=line.direction,
        status=line.status,
        is_reversal=line.is_reversal,
        booking_date=line.booking_date,
        value_date=line.value_date,
        bank_reference=line.bank_reference,
        customer_reference=line.customer_reference,
        code=line.code,
        remittance=line.supplementary.strip() or None,
        line=line_number,
        position=str(line_number),
    )


def with_remittance(entry: Entry, lines: list[str]) -> Entry:
    """The entry with what field 86 says; its text comes before the supplementary lines of field 61."""
    found = parse_remittance(lines)
    parts = [part for part in (found.text, entry.remittance) if part]
    return replace(
        entry,
        remittance="\n".join(parts) or None,
        code=f"{entry.code} {found.code}" if entry.code and found.code else entry.code or found.code,
        end_to_end_id=found.end_to_end_id,
        customer_reference=entry.customer_reference or found.customer_reference,
        counterparty_name=found.counterparty_name,
        counterparty_account=found.counterparty_account,
        counterparty_bank=found.counterparty_bank,
    )
