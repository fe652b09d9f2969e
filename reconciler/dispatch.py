"""From a reconciliation and any set of items to the solver of its shape, group by group."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from reconciler.decisions import make_break
from reconciler.due import Horizon, all_passed
from reconciler.keyed import solve_group
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


def solve(reconciliation: Reconciliation, items: Iterable[Item], horizon: Horizon | None) -> Outcome:
    """Matches and breaks of any set of items, grouped as the shape asks for.

    Keyed and settlement: by key; an item without a key is a REFERENCE break, or TIMING while it is PENDING. Statement: by account
    and currency.
    """
    solver = group_solver(reconciliation.shape)
    outcomes: list[Outcome] = []
    if solver is None:
        books: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in items:
            books[item.account, item.currency].append(item)
        outcomes = [solve_book(reconciliation, books[place], horizon) for place in sorted(books)]
    else:
        groups: defaultdict[str, list[Item]] = defaultdict(list)
        keyless: list[Item] = []
        for item in items:
            (groups[item.key] if item.key else keyless).append(item)
        outcomes = [solver(reconciliation, key, groups[key], horizon) for key in sorted(groups)]
        outcomes.append(_without_key(reconciliation, keyless, horizon))
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
