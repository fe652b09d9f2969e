"""Applying operators' decisions to a set of items before the rules see them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.decisions import book_order, make_break, make_match
from reconciler.due import Horizon, all_passed
from reconciler.operator_decisions import Confirmation, OperatorDecisions
from reconciler.reconciliation import Reconciliation
from reconciler.types import Break, BreakType, Item, Match, Member, Reason, Stage

__all__ = ["KeptApart", "OperatorMatches", "match_confirmed", "open_unmatched"]

_NOT_MONEY = frozenset({"FAILED", "VOID"})


@dataclass(frozen=True, slots=True)
class OperatorMatches:
    """What operators confirmed among some items.

    Attributes:
        matches: of stage MANUAL.
        pairs: the items of those that have one item on each of the two sides, left first: examples to learn from.
        rest: the items that are left to the rules, in the given order.
    """

    matches: Sequence[Match] = ()
    pairs: Sequence[tuple[Item, Item]] = ()
    rest: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class KeptApart:
    """Which items operators keep apart; nothing by default. `sets_of` has by member the numbers of its unmatched sets."""

    sets_of: Mapping[Member, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, decided: OperatorDecisions) -> "KeptApart":
        """Index the unmatched sets by their members."""
        found: dict[Member, frozenset[int]] = {}
        for number, members in enumerate(decided.unmatched):
            for member in members:
                found[member] = found.get(member, frozenset()) | {number}
        return cls(found)

    def meeting(self, items: Iterable[Item]) -> list[list[Member]]:
        """For each unmatched set of which items of two sides or more are among `items`: these, sorted; the sets in order, too."""
        found: defaultdict[int, list[Member]] = defaultdict(list)
        for member in sorted(Member(item.side, item.id) for item in items if self.concerns(item)):
            for number in self.sets_of[member]:
                found[number].append(member)
        return sorted(members for members in found.values() if len({member.side for member in members}) > 1)

    def concerns(self, item: Item) -> bool:
        """Whether the item is kept apart from any other."""
        return bool(self.sets_of) and Member(item.side, item.id) in self.sets_of

    def identity(self, item: Item) -> str | None:
        """What tells an item that is kept apart from one that is otherwise like it: its id. None for every other item."""
        return item.id if self.concerns(item) else None

    def separates(self, one: Item, other: Item) -> bool:
        """Whether two items of different sides may not be paired."""
        if not self.sets_of or one.side == other.side:
            return False
        first, second = (self.sets_of.get(Member(item.side, item.id)) for item in (one, other))
        return bool(first and second and first & second)


def match_confirmed(
    reconciliation: Reconciliation, items: Sequence[Item], horizon: Horizon | None, decided: OperatorDecisions
) -> OperatorMatches:
    """Take confirmed sets out of `items`; one whose members are not all there, or are no money any more, is not applied."""
    wanted = {member for confirmation in decided.confirmed for member in confirmation.members}
    there = {place: item for item in items if (place := Member(item.side, item.id)) in wanted and item.status not in _NOT_MONEY}
    matches, pairs, taken = [], [], set[Member]()
    for confirmation in sorted(decided.confirmed, key=lambda one: sorted(one.members)):
        if confirmation.members <= there.keys():
            taken |= confirmation.members
            by_side = _by_side(reconciliation, (there[member] for member in confirmation.members))
            matches.append(_manual_match(reconciliation, by_side, confirmation, horizon))
            if len(by_side) == len(reconciliation.sides) == 2 and all(len(side) == 1 for side in by_side):
                pairs.append((by_side[0][0], by_side[1][0]))
    return OperatorMatches(matches, pairs, [item for item in items if Member(item.side, item.id) not in taken])


def open_unmatched(
    reconciliation: Reconciliation, key: str, items: Sequence[Item], horizon: Horizon | None, apart: KeptApart
) -> tuple[Sequence[Break], Sequence[Item]]:
    """Of items that share a key: a REFERENCE break for each unmatched set that meets among them, and the other items."""
    if not apart.sets_of:
        return (), items
    there = {Member(item.side, item.id): item for item in items if item.status not in _NOT_MONEY and apart.concerns(item)}
    breaks: list[Break] = []
    taken: set[Member] = set()
    for members in apart.meeting(there.values()):
        fresh = [member for member in members if member not in taken]
        if not fresh:
            continue
        taken.update(fresh)
        by_side = _by_side(reconciliation, (there[member] for member in fresh))
        opened = [item for side in by_side for item in side]
        breaks.append(
            make_break(
                BreakType.REFERENCE,
                opened,
                key=key,
                amount_minor=abs(sum(item.signed_minor for item in by_side[0])),
                reasons=(Reason("operator", f"unmatched by an operator, though the key {key} is the same"),),
                final=all_passed(reconciliation.calendar, horizon, reconciliation.side_names, opened),
            )
        )
    return breaks, [item for item in items if Member(item.side, item.id) not in taken]


def _manual_match(
    reconciliation: Reconciliation, by_side: Sequence[Sequence[Item]], confirmation: Confirmation, horizon: Horizon | None
) -> Match:
    members = [item for side in by_side for item in side]
    shared = members[0].key if len({item.key for item in members}) == 1 else None
    sums = "; ".join(f"{side[0].side}: {' and '.join(_sums(side))}" for side in by_side)
    return make_match(
        members,
        key=shared or "=".join(item.id for item in members),
        # The match is told in the currency of its first item; others are never added to it.
        amount_minor=abs(sum(item.signed_minor for item in by_side[0] if item.currency == members[0].currency)),
        stage=Stage.MANUAL,
        reasons=(Reason("operator", confirmation.note or "confirmed by an operator"), Reason("amount", sums)),
        final=all_passed(reconciliation.calendar, horizon, reconciliation.side_names, members),
    )


def _sums(items: Iterable[Item]) -> list[str]:
    """The signed sum of each currency, in words."""
    sums: defaultdict[str, int] = defaultdict(int)
    for item in items:
        sums[item.currency] += item.signed_minor
    return [f"{amount} {currency}" for currency, amount in sorted(sums.items())]


def _by_side(reconciliation: Reconciliation, items: Iterable[Item]) -> list[list[Item]]:
    """Items of each side that has any, sides in the order of the rules, items in book order."""
    listed = sorted(items, key=book_order)
    sides = ([item for item in listed if item.side == name] for name in reconciliation.side_names)
    return [side for side in sides if side]
