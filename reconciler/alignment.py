"""Aligning the items that several sides have under one key into rows, equal ones first."""

from collections.abc import Iterable, Mapping
from itertools import islice

from reconciler.decisions import book_order
from reconciler.types import Item

__all__ = ["Row", "Sides", "align", "value_of"]

Sides = dict[str, list[Item]]
"""Items by side, in the order of the reconciliation's sides."""

Row = Mapping[str, Item]
"""One item of each side that has one, in the order of the reconciliation's sides."""

Value = tuple[int, str, str, bool]


def value_of(item: Item) -> Value:
    """What an item tells, apart from who tells it and when: two items of equal value are copies of each other."""
    return item.amount_minor, item.currency, item.status, item.is_reversal


def align(sides: Sides, count: int) -> tuple[list[Row], list[Item]]:
    """`count` rows over the given sides, and the items that are beyond them.

    Items of equal value come together first, the earliest booked before its copies. Of the rest, each item of the side with
    the fewest takes the nearest amount of every other side.

    Args:
        sides: items by side; every side has at least `count`.
        count: how many rows to make.
    """
    rows: list[Row] = []
    pools = {name: _by_value(items) for name, items in sides.items()}
    first, *others = pools.values()
    for value in sorted(first.keys() & set(others[0] if others else first)):
        equal = zip(*(pool.get(value, ()) for pool in pools.values()), strict=False)
        rows.extend(dict(zip(pools, items, strict=True)) for items in islice(equal, count - len(rows)))
    aligned = {(item.side, item.id) for row in rows for item in row.values()}
    remaining = {
        name: [item for item in sorted(items, key=book_order) if (item.side, item.id) not in aligned]
        for name, items in sides.items()
    }
    if len(rows) < count:
        # Of sides with equally few, the one whose items come first; not the first side, or it would matter which one is left.
        shortest = min(remaining, key=lambda name: (len(remaining[name]), [book_order(item) for item in remaining[name]]))
        for item in remaining[shortest][: count - len(rows)]:
            row = {name: item if name == shortest else _take_nearest(items, item) for name, items in remaining.items()}
            remaining[shortest] = [other for other in remaining[shortest] if other is not item]
            rows.append(row)
    return rows, [item for items in remaining.values() for item in items]


def _by_value(items: Iterable[Item]) -> dict[Value, list[Item]]:
    pool: dict[Value, list[Item]] = {}
    for item in sorted(items, key=book_order):
        pool.setdefault(value_of(item), []).append(item)
    return pool


def _take_nearest(items: list[Item], wanted: Item) -> Item:
    nearest = min(
        items,
        key=lambda item: (
            item.is_reversal != wanted.is_reversal,
            item.currency != wanted.currency,
            item.status != wanted.status,
            abs(item.amount_minor - wanted.amount_minor),
            book_order(item),
        ),
    )
    items.remove(nearest)
    return nearest
