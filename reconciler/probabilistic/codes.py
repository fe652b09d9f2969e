"""Channel and transaction type as signals, where both sides have them. What a pair of codes is worth is learnt, not looked up."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from reconciler.probabilistic.texts import Ints
from reconciler.probabilistic.weights import Signal
from reconciler.types import Item

__all__ = ["code_signals"]

_MOST = 10
"""Codes of a signal that are told apart, the most frequent; there are no more than that in the canonical transaction's channels."""

_UNKNOWN = -1

_UNTOLD = "OTHER"
"""What the canonical transaction has where a source says nothing."""

_FIELDS: tuple[tuple[str, Callable[[Item], str]], ...] = (
    ("channel", lambda item: item.channel),
    ("type", lambda item: item.transaction_type),
)


def code_signals(items: tuple[Sequence[Item], Sequence[Item]], pairs: tuple[Ints, Ints]) -> Iterator[Signal]:
    """A signal for each field that both sides have: which code goes with which, leaning on whether they agree.

    Args:
        items: of both sides.
        pairs: left and right items of the candidate pairs, by place.
    """
    for name, code in _FIELDS:
        told = [["" if code(item) == _UNTOLD else code(item) for item in side] for side in items]
        if not all(any(side) for side in told):
            continue
        counts = Counter(one for side in told for one in side if one)
        # By name among equally frequent ones, so that the order of items does not matter.
        frequent = sorted(counts, key=lambda one: (-counts[one], one))[:_MOST]
        if len(frequent) < 2:
            continue
        numbers = {one: number for number, one in enumerate(frequent)}
        left, right = (
            np.array([numbers.get(one, _UNKNOWN) for one in side], dtype=np.int8)[places]
            for side, places in zip(told, pairs, strict=True)
        )
        known = (left >= 0) & (right >= 0)
        levels = np.where(known, 1 + left * len(frequent) + right, 0).astype(np.int8)
        agreeing = np.eye(len(frequent), dtype=np.int64).ravel()
        yield Signal(name, levels, np.concatenate([[0], 1 + agreeing]))
