"""Exchange rates of a rules file, and conversion by them. Amounts are minor units; rates are exact fractions, never floats."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from reconciler.types import Item

__all__ = ["ForeignExchange", "Quote", "Rates", "parse_rate", "to_minor"]


@dataclass(frozen=True, slots=True)
class Quote:
    """One rate: how many units of the base currency one unit of another is worth on a day.

    Attributes:
        day: the day it holds for, UTC.
        text: as the source writes it, a plain decimal above 0.
        source: who says so, for the reasons of decisions.
    """

    day: dt.date
    text: str
    source: str


Rates = Mapping[str, tuple[Quote, ...]]
"""Quotes by currency, the earliest first, one a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignExchange:
    """How amounts of several currencies compare.

    Attributes:
        base: the currency that every amount is converted to.
        rates: quotes of the other currencies.
        decimals: how many decimals the base and each quoted currency has.
        tolerance_ppm: how far converted amounts may be apart, parts per million, where the reconciliation's tolerance is smaller.
        days: how old the latest quote may be on an item's booking date.
    """

    base: str
    rates: Rates
    decimals: Mapping[str, int]
    tolerance_ppm: int = 0
    days: int = 0

    def quote(self, currency: str, day: dt.date) -> Quote | None:
        """The latest quote on or before a day that is not older than allowed; None when there is none."""
        quotes = self.rates.get(currency, ())
        place = bisect_right(quotes, day, key=lambda quote: quote.day)
        if not place or (day - quotes[place - 1].day).days > self.days:
            return None
        return quotes[place - 1]

    def in_base(self, item: Item) -> int | None:
        """The item's unsigned amount in minor units of the base, at the rate of its booking date (UTC); None without a rate.

        Rounded to the nearest minor unit, halves away from zero.
        """
        return self.total_in_base([(item, item.amount_minor)])

    def total_in_base(self, moved: Iterable[tuple[Item, int]]) -> int | None:
        """Sum of signed amounts, each in minor units of its item's currency, in minor units of the base; None where a rate lacks.

        Each is taken at the rate of its item's booking date (UTC), exactly; the sum is rounded as by `in_base`.
        """
        total = Fraction(0)
        for item, amount_minor in moved:
            rate = self._rate(item)
            if rate is None:
                return None
            total += amount_minor * rate
        return to_minor(total) if total >= 0 else -to_minor(-total)

    def _rate(self, item: Item) -> Fraction | None:
        """Minor units of the base that one minor unit of the item's currency is worth on its booking date; None without a rate."""
        if item.currency == self.base:
            return Fraction(1)
        quote = self.quote(item.currency, _day(item))
        if quote is None:
            return None
        rate: Fraction = parse_rate(quote.text) * 10 ** self.decimals[self.base] / 10 ** self.decimals[item.currency]
        return rate

    def told(self, item: Item) -> str:
        """How an item's amount was converted, or why it could not be, for the reasons of a decision."""
        if item.currency == self.base:
            return f"{item.amount_minor} {self.base}"
        quote = self.quote(item.currency, _day(item))
        if quote is None:
            age = f"on {_day(item)}" if not self.days else f"of {_day(item)} or up to {self.days} days before"
            return f"no rate {self.base}/{item.currency} {age}, so {item.amount_minor} {item.currency} cannot be compared"
        return (
            f"{item.amount_minor} {item.currency} is {self.in_base(item)} {self.base}: "
            f"rate {quote.text} {self.base}/{item.currency} of {quote.day}, source {quote.source}"
        )


def parse_rate(text: str) -> Fraction:
    """A rate from its decimal text, exactly.

    Raises:
        ValueError: it is no plain decimal above 0.
    """
    if not text.isascii() or not text.replace(".", "", 1).isdecimal():
        raise ValueError(text)
    rate = Fraction(text)
    if rate <= 0:
        raise ValueError(text)
    return rate


def to_minor(amount: Fraction) -> int:
    """Whole minor units of an amount that is not negative; halves are rounded up."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def _day(item: Item) -> dt.date:
    return item.booked_at.astimezone(dt.UTC).date()
