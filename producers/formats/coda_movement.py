"""A CODA movement: records 21, 22 and 23 with their information (31 to 33), and the details of a globalised one."""

from producers.errors import RecordError
from producers.formats.coda_records import coda_date, parse_communication, signed_minor
from producers.formats.contract import Detail, Entry
from producers.formats.references import clean_reference
from schemas.records import Direction

__all__ = ["Part", "entry_of"]

_PAYMENT_DETAILS = frozenset("567")
"""First digit of the transaction code of a detail that is a payment; 8 and 9 split one payment into principal and charges."""


class Part:
    """One record 21 with what follows it: itself the movement when its detail number is 0000, else a detail of it."""

    __slots__ = ("first", "information", "second", "third")

    def __init__(self, first: str) -> None:
        self.first = first
        self.second = " " * 128
        self.third = " " * 128
        self.information: list[str] = []

    def add(self, text: str) -> None:
        """A record 22, 23, 31, 32 or 33."""
        kind = text[:2]
        if kind == "22":
            self.second = text
        elif kind == "23":
            self.third = text
        else:
            columns = {"31": slice(40, 113), "32": slice(10, 115), "33": slice(10, 100)}[kind]
            self.information.append(text[columns].rstrip())

    def communication(self) -> str:
        """The communication over its three records, blanks kept: structured ones count columns."""
        return self.first[62:115] + self.second[10:63] + self.third[82:125]

    def remittance(self) -> str | None:
        """Communication and information, a line each."""
        said = parse_communication(self.first[61] == "1", self.communication()).text
        return "\n".join(part for part in [said, *(" ".join(line.split()) for line in self.information)] if part) or None


def entry_of(parts: list[Part], *, index: int, account_id: str, currency: str, line: int) -> Entry:
    """The entry of a movement and its details.

    Raises:
        RecordError: malformed.
        AmountError: no such amount.
    """
    movement = parts[0]
    first, second, third = movement.first, movement.second, movement.third
    written = signed_minor(first[31], first[32:47], currency)
    booked = coda_date(first[115:121])
    if booked is None:
        raise RecordError(f"entry date {first[115:121]!r} is no date")
    said = parse_communication(first[61] == "1", movement.communication())
    details = tuple(_detail(part, currency) for part in parts[1:] if part.first[53:54] in _PAYMENT_DETAILS)
    reason = second[113:117].strip() or None
    if not details and (said.mandate_id or reason):
        details = (Detail(mandate_id=said.mandate_id, return_reason=reason),)
    return Entry(
        index=index,
        account_id=account_id,
        currency=currency,
        amount_minor=abs(written),
        direction=Direction.DEBIT if written < 0 else Direction.CREDIT,
        is_reversal=second[112:113] in {"1", "2", "3", "4"} and reason is not None,
        booking_date=booked,
        value_date=coda_date(first[47:53]),
        bank_reference=clean_reference(first[10:31]),
        customer_reference=said.reference,
        end_to_end_id=clean_reference(second[63:98]),
        code=first[53:61].strip() or None,
        counterparty_name=third[47:82].strip() or None,
        counterparty_account=third[10:44].strip() or None,
        counterparty_bank=second[98:109].strip() or None,
        remittance=movement.remittance(),
        details=details,
        line=line,
        position=str(line),
    )


def _detail(part: Part, currency: str) -> Detail:
    written = signed_minor(part.first[31], part.first[32:47], currency)
    said = parse_communication(part.first[61] == "1", part.communication())
    return Detail(
        amount_minor=abs(written),
        currency=currency,
        direction=Direction.DEBIT if written < 0 else Direction.CREDIT,
        end_to_end_id=clean_reference(part.second[63:98]),
        payment_reference=said.reference,
        bank_reference=clean_reference(part.first[10:31]),
        mandate_id=said.mandate_id,
        counterparty_name=part.third[47:82].strip() or None,
        counterparty_account=part.third[10:44].strip() or None,
        counterparty_bank=part.second[98:109].strip() or None,
        remittance=part.remittance(),
        return_reason=part.second[113:117].strip() or None,
    )
