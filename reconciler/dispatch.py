"""From a reconciliation and any set of items to the solver of its shape, group by group."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from reconciler.across_currencies import solve_across_currencies
from reconciler.decisions import make_break
from reconciler.due import Horizon, all_passed
from reconciler.facts import statement_facts
from reconciler.keyed import solve_group
from reconciler.operator_decisions import OperatorDecisions
from reconciler.operator_matches import KeptApart, OperatorMatches, match_confirmed, open_unmatched
from reconciler.reconciliation import Reconciliation, Shape
from reconciler.settlement import solve_settlement
from reconciler.statement import solve_book
from reconciler.types import Break, BreakType, Item, Match, Member, Outcome, Reason

__all__ = ["GroupSolver", "group_solver", "solve"]

GroupSolver = Callable[[Reconciliation, str, Sequence[Item], Horizon | None], Outcome]
"""Solves the items of one key: (reconciliation, key, items, horizon) -> outcome."""

_GROUP_SOLVERS: dict[Shape, GroupSolver] = {Shape.KEYED: solve_group, Shape.SETTLEMENT: solve_settlement}


def group_solver(shape: Shape) -> GroupSolver | None:
    """The solver of one key's items; None for the statement shape, whose unit is the book (`statement.solve_book`)."""
    return _GROUP_SOLVERS.get(shape)


def solve(
    reconciliation: Reconciliation, items: Iterable[Item], horizon: Horizon | None, decided: OperatorDecisions | None = None
) -> Outcome:
    """Matches and breaks of any set of items, grouped as the shape asks for.

    Keyed and settlement: by key; an item without a key is a REFERENCE break, or TIMING while it is PENDING. Statement: by account
    and currency, or by account alone where exchange rates let currencies be compared.

    Args:
        reconciliation: the rules.
        items: every live record of each group or book, only the highest revision of each.
        horizon: watermarks by side for the close pass; None makes nothing final.
        decided: operators' decisions, which come before all rules. A confirmed set may span groups and books; it is applied when
            all its members are among `items`.

    Returns:
        What was decided; for the statement shape with the facts that `reconciler.facts` names.
    """
    solver = group_solver(reconciliation.shape)
    given = tuple(items)
    confirmed = OperatorMatches(rest=given)
    apart = KeptApart()
    if decided is not None:
        confirmed = match_confirmed(reconciliation, given, horizon, decided)
        apart = KeptApart.of(decided)
    outcomes = [Outcome(matches=confirmed.matches)]
    if solver is None:
        outcomes += _solve_books(reconciliation, confirmed, horizon, apart)
        solved = _joined(outcomes)
        return replace(solved, facts=statement_facts(solved.matches, given, reconciliation.side_names))
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    keyless: list[Item] = []
    for item in confirmed.rest:
        (groups[item.key] if item.key else keyless).append(item)
    for key in sorted(groups):
        opened, rest = open_unmatched(reconciliation, key, groups[key], horizon, apart)
        outcomes += [Outcome(breaks=opened), solver(reconciliation, key, rest, horizon)]
    outcomes.append(_without_key(reconciliation, keyless, horizon))
    return _joined(outcomes)


def _solve_books(
    reconciliation: Reconciliation, confirmed: OperatorMatches, horizon: Horizon | None, apart: KeptApart
) -> Iterator[Outcome]:
    """Outcomes book by book; what operators confirmed in a book teaches it."""
    books: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in confirmed.rest:
        books[item.account, item.currency].append(item)
    examples: defaultdict[tuple[str, str], list[tuple[Item, Item]]] = defaultdict(list)
    for left, right in confirmed.pairs:
        if (left.account, left.currency) == (right.account, right.currency):
            examples[left.account, left.currency].append((left, right))
    for _, places in groupby(sorted(books), key=lambda place: place[0]):
        listed = list(places)
        solved = _joined([solve_book(reconciliation, books[place], horizon, apart, examples[place]) for place in listed])
        if reconciliation.fx is not None:
            items = [item for place in listed for item in books[place]]
            solved = solve_across_currencies(reconciliation, reconciliation.fx, items, horizon, apart, solved)
        yield solved


def _joined(outcomes: Iterable[Outcome]) -> Outcome:
    matches: list[Match] = []
    breaks: list[Break] = []
    ignored: list[Member] = []
    for outcome in outcomes:
        matches += outcome.matches
        breaks += outcome.breaks
        ignored += outcome.ignored
    return Outcome(matches=tuple(matches), breaks=tuple(breaks), ignored=tuple(ignored))


def _without_key(reconciliation: Reconciliation, items: Iterable[Item], horizon: Horizon | None) -> Outcome:
    no_key = Reason("reference", f"no {reconciliation.key}, so nothing ties it to the other sides")
    pending = Reason("status", f"still PENDING: its {reconciliation.key} is not known yet")
    calendar, names = reconciliation.calendar, reconciliation.side_names
    listed = sorted(items, key=lambda item: (item.side, item.id))
    breaks = tuple(
        make_break(
            BreakType.TIMING if item.status == "PENDING" else BreakType.REFERENCE,
            (item,),
            key=item.id,
            amount_minor=item.amount_minor,
            reasons=(pending if item.status == "PENDING" else no_key,),
            final=item.status != "PENDING" and all_passed(calendar, horizon, names, (item,)),
        )
        for item in listed
        if item.status not in {"FAILED", "VOID"}
    )
    ignored = tuple(Member(item.side, item.id) for item in listed if item.status in {"FAILED", "VOID"})
    return Outcome(breaks=breaks, ignored=ignored)
