"""What breaks say about their items, in words."""

from collections.abc import Sequence

from reconciler.decisions import book_order
from reconciler.types import Item, Reason

__all__ = ["alternatives_reason", "difference_reasons", "gap_reasons", "tie_reason"]

_NAMED = 10
"""Items that a reason names; the break has all of them."""


def difference_reasons(left: Item, right: Item, reference: str, explained: str | None) -> Sequence[Reason]:
    """Two items that share a reference and not the amount.

    Args:
        left: the left item.
        right: the right item.
        reference: what both carry.
        explained: how much of the difference a fee profile explains, in words; None without one.
    """
    apart = abs(left.signed_minor - right.signed_minor)
    reasons = [
        Reason("reference", f"equal: {reference}"),
        Reason("amount", f"{left.signed_minor} and {right.signed_minor} {left.currency}: differ by {apart}, more than allowed"),
    ]
    return reasons if explained is None else [*reasons, Reason("fee profile", f"explains up to {explained}")]


def gap_reasons(lefts: Sequence[Item], rights: Sequence[Item], reference: str) -> Sequence[Reason]:
    """Several items that share a reference and whose sums differ."""
    first, last = (sum(item.signed_minor for item in side) for side in (lefts, rights))
    counts = f"{len(lefts)} to {len(rights)}"
    return (
        Reason("reference", f"equal: {reference}"),
        Reason("sum", f"{first} and {last} {lefts[0].currency}, {counts}: differ by {abs(first - last)}"),
    )


def tie_reason(signal: str, names: Sequence[str], sides: tuple[Sequence[Item], Sequence[Item]]) -> Reason:
    """Items of both sides, whose names are given, that nothing tells apart."""
    listed = "; ".join(f"{name}: {_ids(side)}" for name, side in zip(names, sides, strict=True))
    return Reason(signal, f"{len(sides[0])} to {len(sides[1])}, nothing tells them apart: {listed}")


def alternatives_reason(single: Item, groups: Sequence[Sequence[Item]]) -> Reason:
    """Groups any of which could be what one item is made up of."""
    return Reason("alternatives", f"{single.id} could be {'; or '.join(map(_ids, groups))}")


def _ids(items: Sequence[Item]) -> str:
    shown = ", ".join(item.id for item in sorted(items, key=book_order)[:_NAMED])
    return shown + (f" and {len(items) - _NAMED} more" if len(items) > _NAMED else "")
