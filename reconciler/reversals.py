"""Reversals: which payment on the same side each of them takes back."""

from collections.abc import Sequence

from reconciler.types import Item

__all__ = ["pair_reversals"]


def pair_reversals(items: Sequence[Item]) -> list[tuple[Item, Item]]:
    """Pairs (payment, reversal) of one side: same amount, currency and status, opposite direction, each item at most once.

    Args:
        items: the side's items in book order; the earliest reversal takes back the earliest payment that fits.
    """
    open_payments = [item for item in items if not item.is_reversal]
    pairs: list[tuple[Item, Item]] = []
    for reversal in items:
        if not reversal.is_reversal:
            continue
        for payment in open_payments:
            if (
                payment.amount_minor == reversal.amount_minor
                and payment.currency == reversal.currency
                and payment.status == reversal.status
                and payment.direction == -reversal.direction
            ):
                pairs.append((payment, reversal))
                open_payments.remove(payment)
                break
    return pairs
