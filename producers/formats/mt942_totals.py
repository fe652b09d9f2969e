"""What an MT942 declares of its entries: number and sum in fields 90C and 90D, above the floor limits of field 34F.

Source: SWIFT MT942, field 34F `3!a[1!a]15d` (once for both directions, or once each) and fields 90D, 90C `5n3!a15d`.
"""

import re
from dataclasses import replace

from producers.errors import RecordError
from producers.formats.contract import Totals
from producers.formats.minor_units import unsigned_minor
from producers.formats.mt940_lines import parse_totals

__all__ = ["InterimTotals"]

_FLOOR = re.compile(r"(?P<currency>[A-Z]{3})(?P<mark>[CD])?(?P<amount>\d+(?:,\d*)?)\s*", re.ASCII)


class InterimTotals:
    """Fields 34F, 90C and 90D of one message.

    Attributes:
        currency: of the floor limits, empty without any; the only place where an MT942 names its currency.
    """

    def __init__(self) -> None:
        self.currency = ""
        self._floors: dict[str, int] = {}
        self._declared: dict[str, tuple[int, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._declared)

    def read(self, tag: str, text: str) -> None:
        """One of the fields.

        Raises:
            RecordError: it has not its shape.
            AmountError: its amount does not fit the currency.
        """
        if tag != "34F":
            self._declared[tag] = parse_totals(text)
            return
        match = _FLOOR.match(text)
        if match is None:
            self.currency = text[:3] if text[:3].isalpha() else ""
            raise RecordError(f"floor limit {text[:40]!r} is not `CUR [C|D] amount`")
        self.currency = match["currency"]
        limit = unsigned_minor(match["amount"], match["currency"], decimal=",")
        for mark in match["mark"] or "CD":
            self._floors[mark] = limit

    def totals(self) -> Totals | None:
        """What 90C and 90D declare, None without either."""
        if not self._declared:
            return None
        credit, debit = self._declared.get("90C"), self._declared.get("90D")
        return Totals(
            credits=credit[0] if credit else None,
            credit_minor=credit[1] if credit else None,
            debits=debit[0] if debit else None,
            debit_minor=debit[1] if debit else None,
        )

    def without_small_entries(self, computed: Totals) -> tuple[Totals | None, list[str]]:
        """The declared totals that the entries given can be held against, and why the others cannot.

        Entries below the floor limit are not given one by one. Some banks count them all the same; then the declared totals exceed
        the entries by no more than so many entries below the limit can make, and neither prove nor fail anything.
        """
        declared = self.totals()
        if declared is None:
            return None, []
        notes = []
        for mark, count, minor in (("C", "credits", "credit_minor"), ("D", "debits", "debit_minor")):
            stated = getattr(declared, count), getattr(declared, minor)
            if None in stated:
                continue
            more, sum_more = stated[0] - getattr(computed, count), stated[1] - getattr(computed, minor)
            if more > 0 and 0 < sum_more <= more * self._floors.get(mark, 0):
                declared = replace(declared, **{count: None, minor: None})
                notes.append(
                    f"field 90{mark} counts {more} entries below the floor limit that are not given, {sum_more} minor units"
                )
        return declared, notes
