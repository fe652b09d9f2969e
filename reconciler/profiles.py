"""How a pair of sources behaves, learnt from its matched pairs: days of lag and what the second side deducts. And when that drifts.

A profile is integers only, so that it can be stored and compared: days, minor units, and parts per million of the first side's
amount. `drift` says when a new profile is another behaviour and not another sample of the old one: T+1 became T+3, a fee of 0.99 %
became 1.04 %.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from reconciler.types import Decision, Item, Match

__all__ = ["Drift", "PairProfile", "drift", "profile_of", "profile_of_matches", "profiles_of"]

_MILLION = 1_000_000

_LEAST_DOMINANT = 20
"""Pairs that a rate or a fixed fee needs to be named in a profile, and to be news in a comparison."""

_DOMINANT_SHARE = 20
"""A rate or a fixed fee is dominant when one in so many of the unequal pairs has it."""

_DISTINCT_AMOUNTS = 5
"""Different amounts that tell a rate from a fixed fee."""

_MOST_NAMED = 3

_RATE_WIDTH = 100
"""Rates within so many ppm of each other are one rate: amounts are rounded to minor units."""

_LEAST_RATED = 10_000
"""Minor units from which rounding moves a rate by no more than half of that width."""

_LEAST_PAIRS = 100
"""Pairs that both profiles of a comparison need."""

_LEAST_DISTANCE = 0.2
"""Share of pairs whose lag has to have moved, however sure it is that some have."""

_SURE_LAG = 1.95
"""Kolmogorov-Smirnov statistic that chance exceeds about once in a thousand comparisons."""

_SURE_SHARE = 3.3
"""Standard errors between two shares that chance exceeds about once in a thousand comparisons."""

Counts = tuple[tuple[int, int], ...]
"""(value, how many pairs have it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairProfile:
    """What the matched pairs of one book show.

    Attributes:
        account: of the book.
        currency: of the book.
        pairs: matched pairs, one item on each side, that were confirmed without doubt or by an operator.
        lags: (days that the second side books after the first, pairs), by day.
        unequal: pairs whose amounts differ.
        rates: (ppm of the first amount that the second is less, pairs), the most frequent first; negative when it is more.
        fixed: (minor units that the second amount is less, pairs), the same way. A pair of a fixed fee is in no rate.
    """

    account: str = ""
    currency: str = ""
    pairs: int = 0
    lags: Counts = ()
    unequal: int = 0
    rates: Counts = ()
    fixed: Counts = ()

    @property
    def median_lag(self) -> int | None:
        """Days within which half of the pairs are booked on the second side; None without pairs."""
        return _quantile(self.lags, self.pairs, 50)

    @property
    def late_lag(self) -> int | None:
        """Days within which nine of ten pairs are."""
        return _quantile(self.lags, self.pairs, 90)

    def as_json(self) -> dict[str, Any]:
        """The profile as JSON values, with the two quantiles of the lag for readers."""
        return {
            "account": self.account,
            "currency": self.currency,
            "pairs": self.pairs,
            "lags": [list(one) for one in self.lags],
            "median_lag_days": self.median_lag,
            "p90_lag_days": self.late_lag,
            "unequal": self.unequal,
            "rates_ppm": [list(one) for one in self.rates],
            "fixed_minor": [list(one) for one in self.fixed],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "PairProfile":
        """The profile that `as_json` told."""
        return cls(
            account=stored["account"],
            currency=stored["currency"],
            pairs=stored["pairs"],
            lags=_counts(stored["lags"]),
            unequal=stored["unequal"],
            rates=_counts(stored["rates_ppm"]),
            fixed=_counts(stored["fixed_minor"]),
        )


@dataclass(frozen=True, slots=True)
class Drift:
    """One change of behaviour.

    Attributes:
        kind: `lag`, `rate`, `fixed` or `unequal` (the share of pairs whose amounts differ).
        before: days, ppm, minor units or ppm of the pairs; None when there was no such fee.
        after: the same now.
        text: the change in words.
    """

    kind: str
    before: int | None
    after: int
    text: str


def profile_of_matches(matches: Iterable[Match], items: Iterable[Item], sides: Sequence[str]) -> PairProfile:
    """The profile of one book's confirmed pairs.

    Args:
        matches: of the book; suggestions and groups are passed over.
        items: at least the members of the matches.
        sides: names of the first and the second side.
    """
    return profile_of([pair for _, pair in _confirmed_pairs(matches, items, sides)])


def profiles_of(matches: Iterable[Match], items: Iterable[Item], sides: Sequence[str]) -> tuple[PairProfile, ...]:
    """The same for the matches of several books, by account and currency."""
    books: defaultdict[tuple[str, str], list[tuple[Item, Item]]] = defaultdict(list)
    for place, pair in _confirmed_pairs(matches, items, sides):
        books[place].append(pair)
    return tuple(profile_of(books[place]) for place in sorted(books))


def _confirmed_pairs(
    matches: Iterable[Match], items: Iterable[Item], sides: Sequence[str]
) -> Iterator[tuple[tuple[str, str], tuple[Item, Item]]]:
    """Account and currency of each automatic match of one item on each of the two sides, and these, the first side's first."""
    places: dict[str, dict[str, Item]] = {name: {} for name in sides}
    for item in items:
        places[item.side][item.id] = item
    for match in matches:
        if match.decision is Decision.AUTO and len(match.members) == 2:
            by_side = {member.side: places[member.side][member.id] for member in match.members}
            if len(by_side) == 2 and len({item.currency for item in by_side.values()}) == 1:
                yield (match.account, match.currency), (by_side[sides[0]], by_side[sides[1]])


def profile_of(pairs: Sequence[tuple[Item, Item]]) -> PairProfile:
    """The profile of matched pairs (first side, second side) of one account and currency, in any order."""
    if not pairs:
        return PairProfile()
    lags = Counter(second.booked_at.toordinal() - first.booked_at.toordinal() for first, second in pairs)
    unequal = [
        (first.amount_minor, first.amount_minor - second.amount_minor)
        for first, second in pairs
        if first.amount_minor != second.amount_minor and first.direction == second.direction
    ]
    least = _least_dominant(len(unequal))
    fixed = _fixed_fees(unequal, least)
    known = {minor for minor, _ in fixed}
    account, currency = min((first.account, first.currency) for first, _ in pairs)
    return PairProfile(
        account=account,
        currency=currency,
        pairs=len(pairs),
        lags=tuple(sorted(lags.items())),
        unequal=len(unequal),
        rates=_rates([one for one in unequal if one[1] not in known], least),
        fixed=fixed,
    )


def drift(old: PairProfile, new: PairProfile) -> tuple[Drift, ...]:
    """What changed between two profiles of the same source pair; empty when chance explains the difference, or there is too little.

    Args:
        old: what was learnt before.
        new: what was learnt from other, later pairs.
    """
    if min(old.pairs, new.pairs) < _LEAST_PAIRS:
        return ()
    found = [*_lag_drift(old, new), *_fee_drift("rate", old, new), *_fee_drift("fixed", old, new)]
    shares = [one.unequal * _MILLION // one.pairs for one in (old, new)]
    if abs(shares[1] - shares[0]) >= _MILLION // 10 and _is_sure((old.unequal, old.pairs), (new.unequal, new.pairs)):
        text = f"amounts differ in {shares[1] // 10_000} % of the pairs, before in {shares[0] // 10_000} %"
        found.append(Drift("unequal", shares[0], shares[1], text))
    return tuple(found)


def _lag_drift(old: PairProfile, new: PairProfile) -> Iterable[Drift]:
    medians, lates = (old.median_lag, new.median_lag), (old.late_lag, new.late_lag)
    assert None not in (*medians, *lates), "a profile of pairs has lags"
    moved = medians[0] != medians[1] or abs((lates[1] or 0) - (lates[0] or 0)) > 1
    distance = _distance(old, new)
    if moved and distance >= _LEAST_DISTANCE and distance * sqrt(old.pairs * new.pairs / (old.pairs + new.pairs)) > _SURE_LAG:
        text = f"half are booked within {medians[1]} days and nine of ten within {lates[1]}, before {medians[0]} and {lates[0]}"
        yield Drift("lag", medians[0], medians[1] or 0, text)


def _distance(old: PairProfile, new: PairProfile) -> float:
    """Largest difference between the shares of pairs that are booked within some number of days."""
    passed, widest = [0, 0], 0.0
    counts = dict(old.lags), dict(new.lags)
    for day in sorted(counts[0].keys() | counts[1].keys()):
        passed = [passed[0] + counts[0].get(day, 0), passed[1] + counts[1].get(day, 0)]
        widest = max(widest, abs(passed[0] / old.pairs - passed[1] / new.pairs))
    return widest


def _fee_drift(kind: str, old: PairProfile, new: PairProfile) -> Iterable[Drift]:
    """Fees that are dominant now and were not, each against the old one nearest to it that is gone."""
    before, after = (one.rates if kind == "rate" else one.fixed for one in (old, new))
    reach = _RATE_WIDTH if kind == "rate" else 0
    gone = [value for value, _ in before if not _has(after, value, reach)]
    for value, count in after:
        # What was not named before was at most just too rare to be.
        if _has(before, value, reach) or not _is_sure((_least_dominant(old.unequal) - 1, old.pairs), (count, new.pairs)):
            continue
        former = min(gone, key=lambda one: abs(one - value), default=None)
        unit = "ppm" if kind == "rate" else f"minor units of {new.currency}"
        text = f"{value} {unit} are deducted, before {former if former is not None else 'no such fee'}"
        yield Drift(kind, former, value, text)


def _has(counts: Counts, value: int, reach: int) -> bool:
    return any(abs(one - value) <= reach for one, _ in counts)


def _is_sure(old: tuple[int, int], new: tuple[int, int]) -> bool:
    """Whether two shares (part, whole) differ by more than chance, the new one's being the larger sample or not."""
    share = (old[0] + new[0]) / (old[1] + new[1])
    error = sqrt(share * (1.0 - share) * (1.0 / old[1] + 1.0 / new[1]))
    return error > 0.0 and abs(new[0] / new[1] - old[0] / old[1]) / error > _SURE_SHARE


def _least_dominant(unequal: int) -> int:
    return max(_LEAST_DOMINANT, unequal // _DOMINANT_SHARE)


def _fixed_fees(unequal: Iterable[tuple[int, int]], least: int) -> Counts:
    """The same difference on different amounts."""
    amounts: defaultdict[int, list[int]] = defaultdict(list)
    for amount, less in unequal:
        amounts[less].append(amount)
    found = [
        (less, len(having)) for less, having in amounts.items() if len(having) >= least and len(set(having)) >= _DISTINCT_AMOUNTS
    ]
    return tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:_MOST_NAMED])


def _rates(unequal: Iterable[tuple[int, int]], least: int) -> Counts:
    """The densest spans of rates, each by its median."""
    rated = sorted((_rounded(less * _MILLION, amount), amount) for amount, less in unequal if amount >= _LEAST_RATED)
    found: list[tuple[int, int]] = []
    while len(found) < _MOST_NAMED:
        rates = [rate for rate, _ in rated]
        ends = [bisect_right(rates, rate + _RATE_WIDTH) for rate in rates]
        start = max(range(len(rates)), key=lambda place: ends[place] - place, default=0)
        span = rated[start : ends[start]] if rated else []
        if len(span) < least:
            break
        if len({amount for _, amount in span}) >= _DISTINCT_AMOUNTS:
            found.append((span[len(span) // 2][0], len(span)))
        rated = rated[:start] + rated[start + len(span) :]
    return tuple(found)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _quantile(counts: Counts, total: int, percent: int) -> int | None:
    passed = 0
    for value, count in counts:
        passed += count
        if passed * 100 >= total * percent:
            return value
    return None


def _counts(stored: Iterable[Sequence[int]]) -> Counts:
    return tuple((value, count) for value, count in stored)
