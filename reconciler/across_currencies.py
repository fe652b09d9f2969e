"""Statement books of one account across currencies: what stays open in its own currency is compared after conversion.

Pairs of one currency come first. Then, for each two currencies, the open items of the one on the left and the other on the right
are a book in the base currency, solved by the same steps; amounts may differ by the reconciliation's tolerance or by that of `fx`,
whichever is larger. An item that would have to be converted and has no rate is a CURRENCY break that says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from reconciler.decisions import make_break
from reconciler.due import Horizon, all_passed
from reconciler.evidence import all_references
from reconciler.fx import ForeignExchange
from reconciler.operator_matches import KeptApart
from reconciler.reconciliation import Pass, Reconciliation
from reconciler.statement import solve_book
from reconciler.types import Break, BreakType, Item, Match, Member, Outcome, Reason, Stage

__all__ = ["solve_across_currencies"]

_OPEN = frozenset({BreakType.TIMING, BreakType.MISSING_LEFT, BreakType.MISSING_RIGHT})
_TOLD = 5
"""How many conversions the reasons of one decision tell."""

Places = Mapping[Member, Item]


def solve_across_currencies(
    reconciliation: Reconciliation,
    fx: ForeignExchange,
    items: Iterable[Item],
    horizon: Horizon | None,
    apart: KeptApart,
    solved: Outcome,
) -> Outcome:
    """What becomes of one account's items once currencies are compared, for any order of `items`.

    Args:
        reconciliation: the rules.
        fx: their base currency and rates.
        items: every live record of the account.
        horizon: watermarks by side for the close pass; None makes nothing final.
        apart: items that no stage may pair.
        solved: the outcome of the account's books, each in its own currency.

    Returns:
        `solved`, with other decisions about those items that are not merely open any more.
    """
    places = {Member(item.side, item.id): item for item in items}
    lone = [one.members[0] for one in solved.breaks if one.type in _OPEN and len(one.members) == 1]
    free = {member: places[member] for member in lone if places[member].status != "PENDING"}
    rules = _in_base(reconciliation, fx)
    matches: list[Match] = []
    breaks: list[Break] = []
    # Of two currencies, the one on the left and the other on the right, and the other way round: these share no item.
    pairs = combinations(sorted({item.currency for item in free.values()}), 2)
    for left, right in (way for pair in pairs for way in (pair, pair[::-1])):
        facing = _facing(reconciliation, fx, free, left, right)
        found = solve_book(rules, facing, horizon, apart) if len({item.side for item in facing}) == 2 else Outcome()
        crossing = [_in_own_currency(one, places, reconciliation, fx) for one in found.matches if _has_both_sides(one.members)]
        opened = [
            replace(one, reasons=(*one.reasons, *_conversions(one.members, places, fx)))
            for one in found.breaks
            if _has_both_sides(one.members)
        ]
        matches += crossing
        breaks += opened
        for members in (one.members for decisions in (crossing, opened) for one in decisions):
            for member in members:
                free.pop(member, None)
    breaks += _without_rate(reconciliation, fx, free, horizon)
    decided = {member for one in matches for member in one.members} | {member for one in breaks for member in one.members}
    kept = [one for one in solved.breaks if not decided.intersection(one.members)]
    return replace(solved, matches=(*solved.matches, *matches), breaks=(*kept, *breaks))


def _in_base(reconciliation: Reconciliation, fx: ForeignExchange) -> Reconciliation:
    """The rules for converted amounts. Weights are learnt within one currency only, so the probabilistic stage is left out."""
    passes = [one for one in reconciliation.passes if one.stage is not Stage.PROBABILISTIC] or [Pass(stage=Stage.TOLERANCE)]
    wider = [one if one.tolerance is None else replace(one, tolerance=one.tolerance.at_least(fx.tolerance_ppm)) for one in passes]
    return replace(reconciliation, tolerance=reconciliation.tolerance.at_least(fx.tolerance_ppm), passes=tuple(wider), fx=None)


def _facing(reconciliation: Reconciliation, fx: ForeignExchange, free: Places, left: str, right: str) -> list[Item]:
    """Converted copies of the items of one currency on the left and of another on the right, as far as there are rates."""
    names = reconciliation.side_names
    chosen = [item for item in free.values() if item.currency == (left if item.side == names[0] else right)]
    amounts = ((item, fx.in_base(item)) for item in chosen)
    return [replace(item, amount_minor=amount, currency=fx.base, fee_minor=None) for item, amount in amounts if amount is not None]


def _has_both_sides(members: Iterable[Member]) -> bool:
    return len({member.side for member in members}) > 1


def _in_own_currency(match: Match, places: Places, reconciliation: Reconciliation, fx: ForeignExchange) -> Match:
    """A match of converted items, with the amount that the first side says and the rates that were used."""
    first = [places[member] for member in match.members if member.side == reconciliation.side_names[0]]
    return replace(
        match,
        amount_minor=abs(sum(item.signed_minor for item in first)),
        currency=first[0].currency,
        reasons=(*match.reasons, *_conversions(match.members, places, fx)),
    )


def _conversions(members: Iterable[Member], places: Places, fx: ForeignExchange) -> list[Reason]:
    foreign = [item for member in members if (item := places[member]).currency != fx.base]
    return [Reason("fx", fx.told(item)) for item in foreign[:_TOLD]]


def _owners(free: Places) -> Mapping[str, Sequence[Member]]:
    """Which items have a reference."""
    owners: defaultdict[str, list[Member]] = defaultdict(list)
    for member, item in sorted(free.items()):
        for reference in all_references(item):
            owners[reference].append(member)
    return owners


def _without_rate(reconciliation: Reconciliation, fx: ForeignExchange, free: Places, horizon: Horizon | None) -> list[Break]:
    """CURRENCY for each item that has no rate, with the one item of another currency that shares a reference with it, if any.

    An item without a rate is not to blame on currencies while the other side has nothing open in any other currency.
    """
    breaks: list[Break] = []
    facing = {(item.side, item.currency) for item in free.values()}
    owners = _owners(free)
    done: set[Member] = set()
    for member, item in sorted(free.items()):
        needed = any(side != item.side and currency != item.currency for side, currency in facing)
        if member in done or not needed or fx.in_base(item) is not None:
            continue
        shared = (owners[reference] for reference in all_references(item))
        partners = (other for pair in shared if len(pair) == 2 and _has_both_sides(pair) for other in pair if other != member)
        partner = next((one for one in partners if one not in done and free[one].currency != item.currency), None)
        members = {member} if partner is None else {member, partner}
        opened = sorted((free[one] for one in members), key=lambda one: reconciliation.side_names.index(one.side))
        done |= members
        breaks.append(
            make_break(
                BreakType.CURRENCY,
                opened,
                key=item.key or item.id,
                amount_minor=opened[0].amount_minor,
                reasons=[Reason("fx", fx.told(one)) for one in opened],
                final=all_passed(reconciliation.calendar, horizon, reconciliation.side_names, opened),
            )
        )
    return breaks
