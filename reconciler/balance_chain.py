"""Continuity of an account's statements: each must open with what the one before it closed with.

Statements are put in order by their days and, within a day, by their balances, because files arrive in any order and many banks
send no numbers. The order is the one with the fewest gaps: an Eulerian trail over balances, with a statement as an edge from its
opening to its closing balance.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

__all__ = ["ChainFault", "ChainFaultKind", "StatementLink", "chain_faults"]


class ChainFaultKind(StrEnum):
    """What is wrong between two statements.

    BALANCE_GAP: one does not open with the closing balance before it. SEQUENCE_GAP: numbers are missing although the balances hold.
    REPEATED: the same entries and balances are there already, under another id or once more.
    """

    BALANCE_GAP = "balance_gap"
    SEQUENCE_GAP = "sequence_gap"
    REPEATED = "repeated_statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLink:
    """One statement of an account.

    Attributes:
        name: unique among the statements.
        sequence: the bank's number, None without one.
        opening_minor, closing_minor: booked balances, signed minor units.
        day: of the closing balance, else of the opening one, None without either.
        content: equal for statements that tell the same entries and balances.
        has_entries: statements without any may be alike without being repeated.
    """

    name: str
    account: str
    currency: str
    sequence: int | None
    opening_minor: int
    closing_minor: int
    day: dt.date | None
    content: Hashable
    has_entries: bool


@dataclass(frozen=True, slots=True)
class ChainFault:
    """A fault that shows at statement `at`, beside `other`: the one before it, or the one that it repeats."""

    kind: ChainFaultKind
    at: StatementLink
    other: StatementLink


def chain_faults(links: Iterable[StatementLink]) -> list[ChainFault]:
    """Every fault among the statements, account by account and currency by currency; the same for any order of `links`."""
    accounts: dict[tuple[str, str], list[StatementLink]] = defaultdict(list)
    for link in sorted(links, key=_order):
        accounts[link.account, link.currency].append(link)
    faults: list[ChainFault] = []
    for _, told in sorted(accounts.items()):
        kept: dict[Hashable, StatementLink] = {}
        for link in told:
            first = kept.setdefault(link.content if link.has_entries else link.name, link)
            if first is not link:
                faults.append(ChainFault(ChainFaultKind.REPEATED, link, first))
        faults.extend(_gaps(_chained(list(kept.values()))))
    return faults


def _order(link: StatementLink) -> tuple[dt.date, int, str]:
    return link.day or dt.date.min, -1 if link.sequence is None else link.sequence, link.name


def _gaps(chain: Sequence[StatementLink]) -> Iterator[ChainFault]:
    for before, link in pairwise(chain):
        if before.closing_minor != link.opening_minor:
            yield ChainFault(ChainFaultKind.BALANCE_GAP, link, before)
        elif _skips(before, link):
            yield ChainFault(ChainFaultKind.SEQUENCE_GAP, link, before)


def _skips(before: StatementLink, link: StatementLink) -> bool:
    if before.sequence is None or link.sequence is None:
        return False
    step = link.sequence - before.sequence
    if before.day is not None and link.day is not None:
        if before.day.year != link.day.year:
            return step != 1 and link.sequence > 1
        # Some banks number by the day of the year.
        if step == (link.day - before.day).days:
            return False
    return step > 1


def _chained(links: Sequence[StatementLink]) -> list[StatementLink]:
    chain: list[StatementLink] = []
    days = [list(same_day) for _, same_day in groupby(links, key=lambda link: link.day)]
    for number, same_day in enumerate(days):
        following = {link.opening_minor for link in days[number + 1]} if number + 1 < len(days) else set[int]()
        chain.extend(_fewest_gaps(same_day, chain[-1].closing_minor if chain else None, following))
    return chain


def _fewest_gaps(links: list[StatementLink], current: int | None, following: AbstractSet[int]) -> list[StatementLink]:
    """The statements of one day in the order that has the fewest gaps.

    Args:
        links: of the day.
        current: the balance at which it should begin, None on the first day.
        following: balances at which the next day may begin, none on the last day.
    """
    if len(links) == 1:
        return links
    edges: dict[int, list[tuple[int, StatementLink | None]]] = defaultdict(list)
    surplus: dict[int, int] = defaultdict(int)
    for link in reversed(links):
        edges[link.opening_minor].append((link.closing_minor, link))
        surplus[link.opening_minor] += 1
        surplus[link.closing_minor] -= 1
    openings = [link.opening_minor for link in links]
    start = current if current in edges else next((one for one in openings if surplus[one] > 0), openings[0])
    assert start is not None
    surplus[start] -= 1
    # Where trails end and others begin there are gaps; bridging them makes one trail of all, as short of gaps as it can be.
    begins = [one for one in dict.fromkeys(openings) for _ in range(surplus[one])]
    ends = [one for one in dict.fromkeys(link.closing_minor for link in links) for _ in range(-surplus[one])]
    for end, begin in zip(ends, begins, strict=False):
        edges[end].append((begin, None))
    trail = _trail(edges, start)
    # Statements that come back to their own balance and touch no other are trails by themselves: at the end or the beginning.
    loops = [link for opening in openings for link in _trail(edges, opening)]
    return min(trail + loops, loops + trail, key=lambda order: _gap_count(order, current, following))


def _gap_count(order: Sequence[StatementLink], current: int | None, following: AbstractSet[int]) -> int:
    inner = sum(before.closing_minor != link.opening_minor for before, link in pairwise(order))
    before_first = current is not None and order[0].opening_minor != current
    after_last = bool(following) and order[-1].closing_minor not in following
    return inner + before_first + after_last


def _trail(edges: dict[int, list[tuple[int, StatementLink | None]]], start: int) -> list[StatementLink]:
    """Every edge that can be reached from `start`, in an order that goes from each to the next (Hierholzer)."""
    stack: list[tuple[int, StatementLink | None]] = [(start, None)]
    walked: list[StatementLink | None] = []
    while stack:
        node, link = stack[-1]
        if edges.get(node):
            stack.append(edges[node].pop())
        else:
            stack.pop()
            walked.append(link)
    return [link for link in reversed(walked) if link is not None]
