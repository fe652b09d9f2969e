"""Who pays whom, how much, and when: payers that recur, skewed amounts, business days."""

import datetime as dt
import random
from dataclasses import dataclass

__all__ = ["Payer", "Population"]

_A_DAY = 55
"""Events a day: larger books are longer, not denser."""

_FIRST_DAY = dt.date(2026, 1, 1)
_SYLLABLES = tuple("an bel cor da el fin gar ho in jo kal lu mar no or pa ri sa to ve wil zen".split())  # noqa: SIM905 - a list is taller
_FORMS = ("Ltd", "GmbH", "SA", "Pvt Ltd", "& Sons", "Trading", "", "", "", "")
_ROUND = (1_000, 2_000, 5_000, 10_000, 10_000, 25_000, 50_000, 100_000)
_FEES = (50, 150, 250, 1_000)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Payer:
    """A counterparty: the name as people write it, and the amount (minor units) that it pays again and again."""

    name: str
    usual: int


class Population:
    """Draws payers, amounts and days. Everything comes from the random source that it is given."""

    def __init__(self, draw: random.Random, events: int) -> None:
        self.draw = draw
        self.days = max(10, events // _A_DAY)
        self._payers = [Payer(self.name(), self.amount()) for _ in range(max(5, events // 6))]
        self.acquirers = tuple(f"{draw.choice(_SYLLABLES)}{draw.choice(_SYLLABLES)}pay".upper() for _ in range(6))
        self.rates = {acquirer: draw.randrange(5, 30) for acquirer in self.acquirers}

    def chance(self, percent: int) -> bool:
        """True in `percent` of a hundred draws."""
        return self.draw.randrange(100) < percent

    def name(self) -> str:
        """A new name of two words, and perhaps a legal form."""
        words = ("".join(self.draw.choices(_SYLLABLES, k=self.draw.randrange(2, 4))).capitalize() for _ in range(2))
        return " ".join((*words, self.draw.choice(_FORMS))).strip()

    def payer(self) -> Payer:
        """A payer; the first ones recur often, the last ones rarely."""
        count = len(self._payers)
        return self._payers[min(self.draw.randrange(count), self.draw.randrange(count))]

    def amount(self) -> int:
        """A new amount: a round one in one of five cases, else many small and few large ones."""
        if self.chance(20):
            return self.draw.choice(_ROUND)
        return 100 + self.draw.randrange(1, 1_000) * self.draw.randrange(1, 1_000) // 4 + self.draw.randrange(100)

    def paid_by(self, payer: Payer) -> int:
        """What a payer pays: its usual amount in one of seven cases."""
        return payer.usual if self.chance(15) else self.amount()

    def sign(self) -> int:
        """Money in mostly, sometimes out."""
        return -1 if self.chance(15) else 1

    def charge(self, amount: int) -> tuple[int, str]:
        """What a bank keeps of an amount, and whether it is a `rate` or a `fee`."""
        if self.chance(50):
            return max(1, amount * self.draw.randrange(5, 30) // 1_000), "rate"
        return min(self.draw.choice(_FEES), amount // 10), "fee"

    def day(self) -> dt.date:
        """A day of the book, a business day mostly."""
        day = _FIRST_DAY + dt.timedelta(days=self.draw.randrange(self.days))
        return day if self.chance(30) else business_day(day)

    def later(self, day: dt.date, longest_lag: int) -> dt.date:
        """The business day on which the bank books: soon mostly, `longest_lag` business days later at most."""
        booked = business_day(day)
        for _ in range(min(self.draw.randrange(longest_lag + 1), self.draw.randrange(longest_lag + 1))):
            booked = business_day(booked + dt.timedelta(days=1))
        return booked


def business_day(day: dt.date) -> dt.date:
    """The day itself, or the Monday after it."""
    return day + dt.timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= _SATURDAY else day
