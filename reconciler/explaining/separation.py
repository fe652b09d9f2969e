"""What separates two items: amount, days, references."""

import datetime as dt
from dataclasses import dataclass

from reconciler.evidence import all_references, reference_tokens
from reconciler.explaining.distance import nearest_texts
from reconciler.types import Item, Reason

__all__ = ["Separation", "days_between", "separate"]

_MILLION = 1_000_000
_COMPARED = 4
"""References of an item that are compared, the best first."""


@dataclass(frozen=True, slots=True)
class Separation:
    """What separates an item from another one.

    Attributes:
        amount_minor: signed movement of the other less that of the item.
        amount_ppm: the same as a part of the item's amount in millionths, unsigned; None when the item's amount is 0.
        days: UTC days that the other is booked later; negative when earlier.
        reference_distance: slips between the two nearest references; None when one of them has none.
        references: these two references, the item's first.
        one_in_text: whether the texts have something in common that could be a reference.
    """

    amount_minor: int
    amount_ppm: int | None
    days: int
    reference_distance: int | None
    references: tuple[str, str] | None
    one_in_text: bool = False

    def reasons(self, currency: str) -> tuple[Reason, ...]:
        """The same in words, only what differs; nothing when amount, day and reference are equal."""
        found = []
        if self.amount_minor:
            share = "" if self.amount_ppm is None else f" ({_percent(self.amount_ppm)})"
            more = "more" if self.amount_minor > 0 else "less"
            found.append(Reason("amount", f"{abs(self.amount_minor)} {currency} {more}{share}"))
        if self.days:
            count = "1 day" if abs(self.days) == 1 else f"{abs(self.days)} days"
            found.append(Reason("date", f"{count} {'later' if self.days > 0 else 'earlier'}"))
        if self.references is None and not self.one_in_text:
            found.append(Reason("reference", "one of the two has none"))
        elif self.references is not None and self.reference_distance:
            ours, theirs = self.references
            slips = "1 slip" if self.reference_distance == 1 else f"{self.reference_distance} slips"
            found.append(Reason("reference", f"{theirs} instead of {ours}, {slips} apart"))
        return tuple(found)


def days_between(item: Item, other: Item) -> int:
    """UTC days from the booking of `item` to that of `other`."""
    return other.booked_at.astimezone(dt.UTC).toordinal() - item.booked_at.astimezone(dt.UTC).toordinal()


def separate(item: Item, other: Item) -> Separation:
    """What separates `other` from `item`."""
    apart = other.signed_minor - item.signed_minor
    nearest = nearest_texts(all_references(item)[:_COMPARED], all_references(other)[:_COMPARED])
    return Separation(
        amount_minor=apart,
        amount_ppm=abs(apart) * _MILLION // item.amount_minor if item.amount_minor else None,
        days=days_between(item, other),
        reference_distance=None if nearest is None else nearest[0],
        references=None if nearest is None else nearest[1:],
        one_in_text=not reference_tokens(item).isdisjoint(reference_tokens(other)),
    )


def _percent(ppm: int) -> str:
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04} %" if rest % 100 else f"{whole}.{rest // 100:02} %"
