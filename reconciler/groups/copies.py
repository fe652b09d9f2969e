"""Records that one side has twice: which of them is the payment, and which are copies of it."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from reconciler.decisions import book_order, day_of
from reconciler.evidence import all_references, reference_tokens, words
from reconciler.types import Item

__all__ = ["are_copies", "copies_of_matched", "earlier_copies", "share_evidence", "told_of_many"]

_DAYS = 4
"""How long after a record a copy of it is booked at most. A payment that recurs is booked later."""


def told_of_many(items: Iterable[Item]) -> AbstractSet[Hashable]:
    """What items of one side say alike though their amounts differ: `CASH DEPOSIT BY SELF` names no payment."""
    amounts: dict[Hashable, int] = {}
    return {said for item in items for said in (_said(item),) if amounts.setdefault(said, item.signed_minor) != item.signed_minor}


def are_copies(items: Sequence[Item], told_of_many: AbstractSet[Hashable]) -> bool:
    """Whether nothing but their ids and a few days tells items of one side apart, and what they say names a payment."""
    days = [day_of(item) for item in items]
    return len({_told(item) for item in items}) == 1 and _names_payment(items[0], told_of_many) and max(days) - min(days) <= _DAYS


def share_evidence(one: Item, other: Item) -> bool:
    """Whether two items have a word or a reference in common."""
    return bool(words(one) & words(other) or reference_tokens(one) & reference_tokens(other))


def copies_of_matched(
    free: Iterable[Item], matched: Iterable[Item], told_of_many: AbstractSet[Hashable]
) -> list[tuple[Item, Item]]:
    """Free items with the matched item of the same side that each of them is a copy of, the earliest such.

    As many items as are matched are no copies of each other: it takes one that is matched for each copy.
    """
    open_items = sorted((item for item in free if _names_payment(item, told_of_many)), key=book_order)
    wanted = {_told(item) for item in open_items}
    first: defaultdict[Hashable, list[Item]] = defaultdict(list)
    for item in sorted(matched, key=book_order):
        if (told := _told(item)) in wanted:
            first[told].append(item)
    pairs = []
    for item in open_items:
        near = [one for one in first.get(_told(item), ()) if abs(day_of(item) - day_of(one)) <= _DAYS]
        if near:
            first[_told(item)].remove(near[0])
            pairs.append((item, near[0]))
    return pairs


def earlier_copies(free: Iterable[Item], taken: Iterable[Item], told_of_many: AbstractSet[Hashable]) -> dict[str, Item]:
    """By id of an item that is about to be matched, the earliest record that it copies and that would stay open.

    Args:
        free: items of one side, those that are about to be matched among them.
        taken: these.
        told_of_many: what names no payment.
    """
    wanted: defaultdict[Hashable, list[Item]] = defaultdict(list)
    for item in sorted((item for item in taken if _names_payment(item, told_of_many)), key=book_order):
        wanted[_told(item)].append(item)
    places = {item.id for items in wanted.values() for item in items}
    spare: defaultdict[Hashable, list[Item]] = defaultdict(list)
    for item in sorted(free, key=book_order):
        if item.id not in places and (told := _told(item)) in wanted:
            spare[told].append(item)
    found: dict[str, Item] = {}
    for told, copies in spare.items():
        for item in wanted[told]:
            earlier = [one for one in copies if day_of(item) - _DAYS <= day_of(one) < day_of(item)]
            if earlier:
                copies.remove(earlier[0])
                found[item.id] = earlier[0]
    return found


def _said(item: Item) -> Hashable:
    return item.side, all_references(item), item.text, item.counterparty, item.channel, item.transaction_type


def _told(item: Item) -> Hashable:
    return item.signed_minor, _said(item)


def _names_payment(item: Item, told_of_many: AbstractSet[Hashable]) -> bool:
    return bool(all_references(item) or item.text.strip()) and _said(item) not in told_of_many
