"""How far two amounts and two dates may be apart and still be the same money. Amounts are minor units, days ordinal UTC dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from reconciler.calendar import BusinessCalendar

__all__ = ["ANY_CURRENCY", "MILLION", "Allowance", "Base", "Tolerance", "of_currency"]

ANY_CURRENCY = "*"
"""Key of an amount or rate that holds for every currency without one of its own."""

MILLION = 1_000_000

_BEYOND_ANY_AMOUNT = (1 << 63) - 1


class Base(StrEnum):
    """Which amount a tolerance in parts per million is taken of."""

    LARGER = "larger"
    SMALLER = "smaller"
    FIRST = "first"
    LAST = "last"


def of_currency(values: int | Mapping[str, int], currency: str) -> int:
    """The value for a currency, else that for every other currency, else 0; one number holds for all currencies."""
    return values if isinstance(values, int) else values.get(currency, values.get(ANY_CURRENCY, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A permitted difference in one direction.

    Attributes:
        absolute_minor: by currency, `*` for the others; nothing when there is neither.
        ppm: parts per million of the base amount, for all currencies or by currency; the larger of this and `absolute_minor`
            counts.
    """

    absolute_minor: Mapping[str, int] = field(default_factory=dict)
    ppm: int | Mapping[str, int] = 0

    def allowed_minor(self, base_minor: int, currency: str) -> int:
        """Largest allowed difference for a base amount, rounded down to whole minor units."""
        return _allowed(self.absolute_minor, self.ppm, base_minor, currency)

    def reach_minor(self, amount_minor: int, currency: str) -> int:
        """Largest distance from one amount of a counterpart that this allows, whichever of both is the base."""
        ppm, magnitude = of_currency(self.ppm, currency), abs(amount_minor)
        if ppm >= MILLION:
            return max(self.allowed_minor(magnitude, currency), _BEYOND_ANY_AMOUNT)
        # With the counterpart as the base, c - a <= c * ppm / 1e6, so c <= a / (1 - ppm / 1e6).
        largest = magnitude * MILLION // (MILLION - ppm) + 1 if ppm else magnitude
        return max(self.allowed_minor(largest, currency), largest - magnitude)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A permitted difference of amounts and dates.

    Attributes:
        absolute_minor: by currency, `*` for the others; in both directions.
        ppm: parts per million of the base amount, for all currencies or by currency; in both directions.
        base: the amount that every `ppm` is taken of.
        over: what another side's amount may be above the first side's, in place of `absolute_minor` and `ppm`.
        under: what another side's amount may be below the first side's, in place of `absolute_minor` and `ppm`.
        days_before: days that the last side may be booked before the first.
        days_after: days that the last side may be booked after the first.
        business: days count by this calendar only when it is a business day; None when every day counts.
    """

    absolute_minor: Mapping[str, int] = field(default_factory=dict)
    ppm: int | Mapping[str, int] = 0
    base: Base = Base.LARGER
    over: Allowance | None = None
    under: Allowance | None = None
    days_before: int = 0
    days_after: int = 0
    business: BusinessCalendar | None = None

    @property
    def allowances(self) -> tuple[Allowance, Allowance]:
        """What is allowed above the first side's amount, and what below it."""
        both = Allowance(absolute_minor=self.absolute_minor, ppm=self.ppm)
        return self.over or both, self.under or both

    def allowed_minor(self, base_minor: int, currency: str) -> int:
        """Largest difference that is allowed in any direction for a base amount, rounded down to whole minor units."""
        return max(allowance.allowed_minor(base_minor, currency) for allowance in self.allowances)

    def allowed_between(self, amounts: Sequence[int], currency: str) -> int:
        """Largest allowed difference among amounts in the order of their sides, all unsigned or all signed.

        With different allowances above and below, the direction is that of the amount which is farthest from the first.
        """
        if self.over is None and self.under is None:
            return _allowed(self.absolute_minor, self.ppm, self._base(amounts), currency)
        farthest = max(amounts[1:], key=lambda amount: abs(amount - amounts[0]), default=amounts[0])
        return self._allowed_from_first(amounts[0], farthest, self._base(amounts), currency)

    def within(self, amounts: Sequence[int], currency: str) -> bool:
        """Whether amounts, in the order of their sides, differ by no more than allowed.

        With different allowances above and below, every side is held against the first; else the farthest two against each other.
        """
        apart = max(amounts) - min(amounts)
        if apart == 0:
            return True
        if self.over is None and self.under is None:
            return apart <= self.allowed_between(amounts, currency)
        first, base = amounts[0], self._base(amounts)
        return all(abs(other - first) <= self._allowed_from_first(first, other, base, currency) for other in amounts[1:])

    def reach_minor(self, amount_minor: int, currency: str) -> int:
        """Distance from one amount beyond which no counterpart can be `within`, whatever the base: where a search may stop."""
        over, under = self.allowances
        reach = over.reach_minor(amount_minor, currency)
        return reach if under is over else max(reach, under.reach_minor(amount_minor, currency))

    def at_least(self, ppm: int) -> "Tolerance":
        """The same tolerance, with no rate below `ppm`: for amounts that were converted."""
        over, under = (None if one is None else replace(one, ppm=_at_least(one.ppm, ppm)) for one in (self.over, self.under))
        return replace(self, ppm=_at_least(self.ppm, ppm), over=over, under=under)

    def within_days(self, first_day: int, last_day: int) -> bool:
        """Whether the last side's day is within the window around the first side's."""
        if self.business is not None:
            return -self.days_before <= self.business.days_from(first_day, last_day) <= self.days_after
        return -self.days_before <= last_day - first_day <= self.days_after

    def day_window(self, first_day: int) -> tuple[int, int]:
        """The earliest and the latest day of the last side that are within the window around the first side's day."""
        if self.business is None:
            return first_day - self.days_before, first_day + self.days_after
        return self.business.window(first_day, self.days_before, self.days_after)

    def _base(self, amounts: Sequence[int]) -> int:
        magnitudes = [abs(amount) for amount in amounts]
        match self.base:
            case Base.LARGER:
                return max(magnitudes)
            case Base.SMALLER:
                return min(magnitudes)
            case Base.FIRST:
                return magnitudes[0]
            case Base.LAST:
                return magnitudes[-1]

    def _allowed_from_first(self, first: int, other: int, base: int, currency: str) -> int:
        over, under = (allowance.allowed_minor(base, currency) for allowance in self.allowances)
        if first * other < 0:
            # Money in against money out is neither more nor less of the same; only what both directions allow can pass.
            return min(over, under)
        return over if abs(other) > abs(first) else under


def _at_least(given: int | Mapping[str, int], ppm: int) -> int | Mapping[str, int]:
    if isinstance(given, int):
        return max(given, ppm)
    return {ANY_CURRENCY: ppm} | {currency: max(rate, ppm) for currency, rate in given.items()}


def _allowed(absolute_minor: Mapping[str, int], ppm: int | Mapping[str, int], base_minor: int, currency: str) -> int:
    return max(of_currency(absolute_minor, currency), abs(base_minor) * of_currency(ppm, currency) // MILLION)
