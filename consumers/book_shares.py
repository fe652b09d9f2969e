"""What each currency of a book has: its records, and the decisions that touch them.

A book of one currency is its own only share. Where rules compare currencies, a decision about two of them is in the shares of both.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from consumers.book_records import EVERY_CURRENCY, Place
from reconciler.types import Break, Item, Match, Outcome

__all__ = ["BookShare", "shares_of"]

_Decided = TypeVar("_Decided", Match, Break)


@dataclass(frozen=True, slots=True)
class BookShare:
    """The part of a book in one currency.

    Attributes:
        outcome: every decision that has one of `items`.
        elsewhere: ids of the records of other currencies in these decisions.
    """

    place: Place
    items: Sequence[Item]
    outcome: Outcome
    elsewhere: frozenset[str] = frozenset()


def shares_of(place: Place, items: Sequence[Item], outcome: Outcome) -> Iterator[BookShare]:
    """The shares of a solved book, by currency.

    Args:
        place: the book.
        items: every record of it.
        outcome: what was decided about them.
    """
    if place[1] != EVERY_CURRENCY:
        yield BookShare(place, items, outcome)
        return
    by_currency: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_currency[item.currency].append(item)
    for currency, listed in sorted(by_currency.items()):
        ids = {item.id for item in listed}
        touching = replace(outcome, matches=_touching(outcome.matches, ids), breaks=_touching(outcome.breaks, ids))
        decided: list[Match | Break] = [*touching.matches, *touching.breaks]
        elsewhere = frozenset(member.id for one in decided for member in one.members if member.id not in ids)
        yield BookShare((place[0], currency), listed, touching, elsewhere)


def _touching(decided: Sequence[_Decided], ids: set[str]) -> tuple[_Decided, ...]:
    return tuple(one for one in decided if any(member.id in ids for member in one.members))
