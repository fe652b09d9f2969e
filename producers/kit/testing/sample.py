"""The provider's records as the test-kit thinks of them, before a provider's own rows are made of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["SampleRecord", "corrected", "sample_records"]

_COUNT = 9
_SPACING = dt.timedelta(hours=11)
_TWIN_OF = {5: 4}
"""Record 5 has the money, the text and the time of record 4: a legal twin, told from it by its number only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRecord:
    """One movement of money at the provider.

    Attributes:
        number: the provider's own id; a corrected record keeps it.
        arrival: place in the order in which the provider came to know it; a correction arrives anew.
        version: 0 at first, one more with each correction.
        booked_at: aware UTC, whole seconds.
        amount_minor: minor units of `currency`, positive; the cases tell records apart by it.
        currency: ISO 4217 letters.
        is_credit: money for the account holder.
        text: narration or description.
        fields: what the provider's own row has in place of its usual fields, or besides them.
    """

    number: int
    arrival: int
    version: int = 0
    booked_at: dt.datetime
    amount_minor: int
    currency: str = "INR"
    is_credit: bool = True
    text: str = "NEFT INVOICE"
    fields: Mapping[str, Any] = field(default_factory=dict)


def sample_records(now: dt.datetime, currency: str) -> list[SampleRecord]:
    """Nine records over the four days before `now`, in order of booking and arrival; two of them are legal twins."""
    first = now.replace(microsecond=0) - dt.timedelta(days=4)
    records = []
    for number in range(_COUNT):
        like = _TWIN_OF.get(number, number)
        records.append(
            SampleRecord(
                number=number,
                arrival=number,
                booked_at=first + like * _SPACING,
                amount_minor=101_050 + 37 * like,
                currency=currency,
                is_credit=like % 3 != 1,
                text=f"NEFT INVOICE {like}",
            )
        )
    return records


def corrected(records: Sequence[SampleRecord], number: int, **changes: Any) -> list[SampleRecord]:
    """The records with one of them corrected: same number, another version, arrived after all others."""
    last = max(record.arrival for record in records)
    return [
        replace(record, version=record.version + 1, arrival=last + 1, **changes) if record.number == number else record
        for record in records
    ]
