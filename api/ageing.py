"""Lengths of the ageing bars: what is open in each currency by age, as the page draws it.

Bars are drawn by the server as SVG; a length is a share of the longest bar of the same currency, in thousandths.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from api.models import AgeBucket, Money, ReconciliationSummary
from api.queries.summary import AGES

__all__ = ["AgeBar", "CurrencyAgeing", "ageing_by_currency"]

FULL = 1000


@dataclass(frozen=True, slots=True)
class AgeBar:
    """One bar: the expected part is drawn first, the rest behind it."""

    age: str
    count: int
    open: Money
    expected: Money
    length: int
    expected_length: int


@dataclass(frozen=True, slots=True)
class CurrencyAgeing:
    """The bars of one currency, youngest first; every age is there, open or not."""

    currency: str
    total: Money
    count: int
    bars: tuple[AgeBar, ...]


def _length(part: int, longest: int) -> int:
    # What is there is seen: never shorter than a sliver.
    return max(8, part * FULL // longest) if part else 0


def ageing_by_currency(reconciliations: Iterable[ReconciliationSummary]) -> list[CurrencyAgeing]:
    """Bars of every currency in which something is open, by currency."""
    buckets: dict[str, dict[str, list[AgeBucket]]] = {}
    for reconciliation in reconciliations:
        for bucket in reconciliation.ageing:
            buckets.setdefault(bucket.open.currency, {}).setdefault(bucket.age, []).append(bucket)
    found = []
    for currency, by_age in sorted(buckets.items()):
        sums = {age: sum(int(bucket.open.minor_units) for bucket in by_age.get(age, ())) for age in AGES}
        longest = max(sums.values()) or 1
        bars = []
        for age in AGES:
            expected = sum(int(bucket.expected.minor_units) for bucket in by_age.get(age, ()))
            bars.append(
                AgeBar(
                    age=age,
                    count=sum(bucket.count for bucket in by_age.get(age, ())),
                    open=Money.of(sums[age], currency),
                    expected=Money.of(expected, currency),
                    length=_length(sums[age], longest),
                    expected_length=_length(expected, longest),
                )
            )
        total = Money.of(sum(sums.values()), currency)
        found.append(CurrencyAgeing(currency, total, sum(bar.count for bar in bars), tuple(bars)))
    return found
