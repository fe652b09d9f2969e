"""What a change of rules does: the decisions of two rule versions about the same records, compared match by match.

Only the records decide whether two matches are the same: the place of each member's side and its id. Amounts are minor units.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler.types import Break, BreakType, Decision, Match, Outcome

__all__ = ["BreakShift", "Example", "Place", "RuleDiff", "Tally"]

Place = tuple[int, str]
"""A record: the place of its side among the reconciliation's sides, and its id."""

_Decided = TypeVar("_Decided", Match, Break)

_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One match that differs: its records by either version, and what changed."""

    amount_minor: int
    currency: str
    before: tuple[Place, ...]
    after: tuple[Place, ...]
    what: str


@dataclass(slots=True)
class Tally:
    """Matches of one kind of change: how many, the money by currency, and those of the largest amounts."""

    count: int = 0
    money: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def add(self, example: Example) -> None:
        """Count one match."""
        self.count += 1
        self.money[example.currency] += example.amount_minor
        self.examples.append(example)
        if len(self.examples) > 16 * _MOST_EXAMPLES:
            self.trim()

    def trim(self) -> None:
        """Keep the examples of the largest amounts; which ones does not depend on the order in which they came."""
        self.examples.sort(key=lambda one: (-one.amount_minor, one.before, one.after))
        del self.examples[_MOST_EXAMPLES:]


@dataclass(slots=True)
class BreakShift:
    """Breaks of one type by either version, and how many only one of them has."""

    before: int = 0
    after: int = 0
    only_before: int = 0
    only_after: int = 0


@dataclass(slots=True)
class RuleDiff:
    """The difference, added up group by group and book by book.

    Attributes:
        records: records whose decisions were compared.
        before: matches of the old version by decision.
        after: matches of the new version by decision.
        kept: matches that are the same in both.
        false_before_ppm: expected false matches among the old version's automatic ones, in millionths: the sum of 1 - p.
        false_after_ppm: the same of the new version.
        open_before: sum of the breaks' amounts by currency.
        open_after: the same of the new version.
    """

    records: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    gained: Tally = field(default_factory=Tally)
    lost: Tally = field(default_factory=Tally)
    changed: Tally = field(default_factory=Tally)
    breaks: dict[BreakType, BreakShift] = field(default_factory=dict)
    false_before_ppm: int = 0
    false_after_ppm: int = 0
    open_before: Counter[str] = field(default_factory=Counter)
    open_after: Counter[str] = field(default_factory=Counter)

    @property
    def differs(self) -> bool:
        """Whether any match or break is not the same."""
        return bool(
            self.gained.count
            or self.lost.count
            or self.changed.count
            or any(shift.only_before or shift.only_after for shift in self.breaks.values())
        )

    def add(
        self, sides: tuple[Sequence[str], Sequence[str]], outcomes: tuple[Outcome, Outcome], counted: AbstractSet[str] | None
    ) -> None:
        """Compare the two versions' outcomes of one set of records.

        Args:
            sides: names of the sides by the old and by the new version.
            outcomes: what each decided.
            counted: ids of the records whose decisions count; None: all of them.
        """
        old_matches, new_matches = (_by_place(names, one.matches, counted) for names, one in zip(sides, outcomes, strict=True))
        old_breaks, new_breaks = (_by_place(names, one.breaks, counted) for names, one in zip(sides, outcomes, strict=True))
        self._add_matches(old_matches, new_matches)
        self._add_breaks(old_breaks, new_breaks)
        groups = (places for decided in (old_matches, old_breaks, new_matches, new_breaks) for places in decided)
        self.records += len({place for places in groups for place in places})

    def finish(self) -> None:
        """Keep only the examples that are shown."""
        for tally in (self.gained, self.lost, self.changed):
            tally.trim()

    def _add_matches(
        self, old: Mapping[tuple[Place, ...], Sequence[Match]], new: Mapping[tuple[Place, ...], Sequence[Match]]
    ) -> None:
        old_of, new_of = _owners(old), _owners(new)
        for places, (match, *_) in new.items():
            self.after[match.decision.value] += 1
            self.false_after_ppm += _doubt(match)
            if places in old:
                before = old[places][0]
                what = _changes(before, match)
                if what:
                    self.changed.add(Example(match.amount_minor, match.currency, places, places, what))
                else:
                    self.kept += 1
                continue
            former = next((old_of[place] for place in places if place in old_of), None)
            if former is None:
                self.gained.add(Example(match.amount_minor, match.currency, (), places, f"{match.stage} {match.decision}"))
            else:
                self.changed.add(Example(match.amount_minor, match.currency, former, places, "other records"))
        for places, (match, *_) in old.items():
            self.before[match.decision.value] += 1
            self.false_before_ppm += _doubt(match)
            if places not in new and not any(place in new_of for place in places):
                self.lost.add(Example(match.amount_minor, match.currency, places, (), f"{match.stage} {match.decision}"))

    def _add_breaks(
        self, old: Mapping[tuple[Place, ...], Sequence[Break]], new: Mapping[tuple[Place, ...], Sequence[Break]]
    ) -> None:
        before = Counter((one.type, places) for places, found in old.items() for one in found)
        after = Counter((one.type, places) for places, found in new.items() for one in found)
        for kind, count in _by_type(before).items():
            self._shift(kind).before += count
        for kind, count in _by_type(after).items():
            self._shift(kind).after += count
        for kind, count in _by_type(before - after).items():
            self._shift(kind).only_before += count
        for kind, count in _by_type(after - before).items():
            self._shift(kind).only_after += count
        for opened, by_place in ((self.open_before, old), (self.open_after, new)):
            for one in (broken for found in by_place.values() for broken in found):
                opened[one.currency] += one.amount_minor

    def _shift(self, kind: BreakType) -> BreakShift:
        return self.breaks.setdefault(kind, BreakShift())


def _by_type(breaks: Mapping[tuple[BreakType, tuple[Place, ...]], int]) -> Counter[BreakType]:
    found: Counter[BreakType] = Counter()
    for (kind, _), count in breaks.items():
        found[kind] += count
    return found


def _by_place(
    sides: Sequence[str], decisions: Iterable[_Decided], counted: AbstractSet[str] | None
) -> dict[tuple[Place, ...], list[_Decided]]:
    index = {name: place for place, name in enumerate(sides)}
    found: dict[tuple[Place, ...], list[_Decided]] = {}
    for one in decisions:
        if counted is None or any(member.id in counted for member in one.members):
            places = tuple(sorted((index[member.side], member.id) for member in one.members))
            found.setdefault(places, []).append(one)
    return found


def _owners(matches: Iterable[tuple[Place, ...]]) -> Mapping[Place, tuple[Place, ...]]:
    return {place: places for places in matches for place in places}


def _doubt(match: Match) -> int:
    return 1_000_000 - match.probability_ppm if match.decision is Decision.AUTO else 0


def _changes(before: Match, after: Match) -> str:
    """What is not the same about two matches of the same records; empty when everything is."""
    told = []
    if before.decision is not after.decision:
        told.append(f"{before.decision} becomes {after.decision}")
    if before.stage is not after.stage:
        told.append(f"stage {before.stage} becomes {after.stage}")
    return ", ".join(told)
