"""The cause that an open item suggests: duplicate, typo, fee, split or merely time. A suspicion for a person, never a match."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from reconciler.evidence import all_references
from reconciler.explaining.distance import digits_transposed, slips_between
from reconciler.explaining.separation import Separation, days_between, separate
from reconciler.fees import FeeProfile
from reconciler.profiles import PairProfile
from reconciler.tolerance import Tolerance
from reconciler.types import Item

__all__ = ["Cause", "Circumstances", "Suspicion", "suspect", "suspect_pair"]

_MILLION = 1_000_000
_SLIPS = 2
_SHORTEST = 6
"""Shorter references are within two slips of each other by chance."""

_MOST_PARTS = 4
_PARTS_LOOKED_AT = 24
"""Candidates that parts are looked for among: at most 12,900 sets of two to four."""


class Cause(StrEnum):
    """Why an item may be open although its money is told on both sides."""

    DUPLICATE = "duplicate"
    TYPO = "typo"
    FEE = "fee"
    SPLIT = "split"
    TIMING = "timing"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A cause and why it is suspected."""

    cause: Cause
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What an item is judged by.

    Attributes:
        tolerance: amounts and days within which items may match.
        fees: what the rules let a gateway deduct.
        sides: names of the sides, the first to the last; tolerances may be different in the two directions.
        learnt: lag and fees that matches of the same book show; None when nothing was learnt.
    """

    tolerance: Tolerance
    fees: FeeProfile
    sides: tuple[str, ...] = ()
    learnt: PairProfile | None = None

    def in_order(self, item: Item, other: Item) -> tuple[Item, Item]:
        """The two items in the order of their sides."""
        places = [self.sides.index(one.side) if one.side in self.sides else 0 for one in (item, other)]
        return (item, other) if places[0] <= places[1] else (other, item)


def suspect(
    item: Item, candidates: Sequence[Item], matched_twins: Iterable[Item], circumstances: Circumstances
) -> Suspicion | None:
    """The cause of an open item; None when none suggests itself.

    Args:
        item: what is open.
        candidates: open items of other sides, the nearest first.
        matched_twins: items of the item's own side that are matched.
        circumstances: rules and what was learnt.
    """
    for twin in matched_twins:
        if _same_told_twice(item, twin):
            return Suspicion(Cause.DUPLICATE, f"{twin.id} on the same side has the same amount and reference, and is matched")
    pairs = [found for other in candidates[:3] if (found := suspect_pair(item, other, circumstances)) is not None]
    strong = [found for found in pairs if found.cause in {Cause.TYPO, Cause.FEE}]
    if strong:
        return strong[0]
    if pairs and pairs[0].cause is Cause.TIMING:
        return pairs[0]
    parts = _parts(item, candidates, circumstances.tolerance)
    if parts:
        return Suspicion(Cause.SPLIT, f"{' + '.join(part.id for part in parts)} add up to {item.amount_minor} {item.currency}")
    return pairs[0] if pairs else None


def suspect_pair(item: Item, other: Item, circumstances: Circumstances, *, tied: bool = False) -> Suspicion | None:
    """The cause that would explain what separates two items of two sides; None when none does.

    Args:
        item: one of them.
        other: the other.
        circumstances: rules and what was learnt.
        tied: whether they are known to have one reference, as when a text of one has that of the other inside.
    """
    apart = separate(item, other)
    if (item.signed_minor < 0) != (other.signed_minor < 0):
        return None
    first, last = circumstances.in_order(item, other)
    if circumstances.tolerance.within((first.signed_minor, last.signed_minor), item.currency):
        days = (first.booked_at.astimezone(dt.UTC).toordinal(), last.booked_at.astimezone(dt.UTC).toordinal())
        return _suspect_equal_amounts(item, other, apart, in_time=circumstances.tolerance.within_days(*days))
    return _amount_typo(item, other, apart, tied=tied) or _fee(item, other, apart, circumstances)


def _suspect_equal_amounts(item: Item, other: Item, apart: Separation, *, in_time: bool) -> Suspicion | None:
    if apart.references is not None and apart.reference_distance and apart.reference_distance <= _SLIPS:
        ours, theirs = apart.references
        if min(len(ours), len(theirs)) >= _SHORTEST:
            slips = "one slip" if apart.reference_distance == 1 else f"{apart.reference_distance} slips"
            return Suspicion(Cause.TYPO, f"the amounts agree, and {theirs} is {slips} from {ours}")
    if not in_time:
        return Suspicion(Cause.TIMING, f"the amounts agree, but {abs(apart.days)} days lie between, more than the rules allow")
    if apart.reference_distance == 0:
        return None
    if apart.references is None and not (all_references(item) or all_references(other)):
        return None
    return Suspicion(Cause.REFERENCE, f"amount and date of {other.id} agree, its reference does not")


def _amount_typo(item: Item, other: Item, apart: Separation, *, tied: bool) -> Suspicion | None:
    same_reference = tied or apart.reference_distance == 0
    ours, theirs = item.amount_minor, other.amount_minor
    if digits_transposed(ours, theirs) and (same_reference or apart.days == 0):
        why = f"two neighbouring digits are swapped: {ours} and {theirs} {item.currency}, and the difference is divisible by 9"
        return Suspicion(Cause.TYPO, why)
    if same_reference and max(ours, theirs) >= 1_000 and slips_between(str(ours), str(theirs)) == 1:
        return Suspicion(
            Cause.TYPO, f"the references agree, and one digit makes the difference: {ours} and {theirs} {item.currency}"
        )
    return None


def _fee(item: Item, other: Item, apart: Separation, circumstances: Circumstances) -> Suspicion | None:
    difference, currency = abs(apart.amount_minor), item.currency
    gross = max(item.amount_minor, other.amount_minor)
    for one in (item, other):
        if one.fee_minor and abs(one.fee_minor) == difference:
            return Suspicion(Cause.FEE, f"the difference of {difference} {currency} is the fee that {one.id} names")
    learnt = circumstances.learnt or PairProfile()
    for rate in (abs(rate) for rate, _ in learnt.rates):
        # Rounding, and rates that `reconciler.profiles` counts as one, make up to 100 ppm.
        if abs(difference - gross * rate // _MILLION) <= max(1, gross // 10_000):
            why = f"the difference of {difference} {currency} is {rate} ppm, a fee that was learnt from matches"
            return Suspicion(Cause.FEE, why)
    if difference in {abs(fixed) for fixed, _ in learnt.fixed}:
        return Suspicion(Cause.FEE, f"the difference of {difference} {currency} is a fixed fee that was learnt from matches")
    allowed = circumstances.fees.explained_minor([item if item.amount_minor == gross else other])
    if difference <= allowed:
        return Suspicion(
            Cause.FEE, f"the difference of {difference} {currency} is within the fees that the rules name, {allowed} {currency}"
        )
    return None


def _same_told_twice(item: Item, twin: Item) -> bool:
    if (twin.side, twin.signed_minor, twin.currency) != (item.side, item.signed_minor, item.currency) or twin.id == item.id:
        return False
    ours, theirs = all_references(item), all_references(twin)
    if ours or theirs:
        return bool(set(ours) & set(theirs))
    return bool(item.text) and item.text == twin.text and days_between(item, twin) == 0


def _parts(item: Item, candidates: Sequence[Item], tolerance: Tolerance) -> tuple[Item, ...]:
    """Two to four candidates that add up to the item exactly, the fewest first; empty when none do."""
    window = max(tolerance.days_before, tolerance.days_after, 1)
    near = sorted(
        (
            other
            for other in candidates
            if other.amount_minor < item.amount_minor
            and (other.signed_minor < 0) == (item.signed_minor < 0)
            and abs(days_between(item, other)) <= window
        ),
        key=lambda other: (abs(days_between(item, other)), -other.amount_minor, other.id),
    )[:_PARTS_LOOKED_AT]
    for count in range(2, _MOST_PARTS + 1):
        for parts in combinations(near, count):
            if sum(part.amount_minor for part in parts) == item.amount_minor:
                return tuple(sorted(parts, key=lambda part: part.id))
    return ()
