"""Numbers inside texts that contradict each other: two payments of one payer carry two invoice numbers, all else equal.

Numbers are compared when they have equally many digits: those of one series mostly have. A number that one side has in a form
of its own, such as a bank's trace number, meets none of its length on the other side and says nothing.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reconciler.evidence import all_references
from reconciler.probabilistic.texts import Bools, Ints, compared_text
from reconciler.probabilistic.weights import Signal
from reconciler.types import Item

__all__ = ["contradiction_between", "number_signal", "tabulate_numbers"]

_MOST = 3
"""Numbers of an item that are compared, the first ones."""

_RUN = re.compile(r"(?<![0-9])[0-9]{5,15}(?![0-9])")
"""Four digits are a year as often as not; more than fifteen are rare."""

_NONE = -1
_CHUNK = 1 << 17

_NO_CONTRADICTION, _SLIP, _CONTRADICTION = 0, 1, 2

_SLIPS = np.array(sorted({digit * factor for digit in range(1, 10) for factor in (1, 9)}))
"""What two numbers differ by, without zeros at the end, when one digit is wrong or two neighbouring ones are swapped."""


def tabulate_numbers(items: Sequence[Item]) -> npt.NDArray[np.int64]:
    """Numbers of the items' texts and references, one row per item, each with a leading 1 that keeps its length; -1 for none."""
    table = np.full((len(items), _MOST), _NONE, dtype=np.int64)
    for row, item in enumerate(items):
        for column, digits in enumerate(_numbers_of(item)):
            table[row, column] = int(f"1{digits}")
    return table


def contradiction_between(left: Item, right: Item) -> bool:
    """Whether both items have numbers of one length and none of them agrees."""
    ours, theirs = _numbers_of(left), _numbers_of(right)
    return set(ours).isdisjoint(theirs) and not {len(one) for one in ours}.isdisjoint(len(other) for other in theirs)


def number_signal(left: Ints, right: Ints, table: npt.NDArray[np.int64]) -> Signal:
    """Whether the numbers of each pair contradict each other, but for a slip, or altogether.

    Args:
        left: rows of the pairs' left items in the table.
        right: rows of their right items.
        table: by `tabulate_numbers`.
    """
    levels = np.full(len(left), _NO_CONTRADICTION, dtype=np.int8)
    told = table[:, 0] != _NONE
    both = np.flatnonzero(told[left] & told[right])
    for begin in range(0, len(both), _CHUNK):
        part = both[begin : begin + _CHUNK]
        levels[part] = _compare(table[left[part]], table[right[part]])
    # Three wide levels need no wider ones to lean on.
    return Signal("numbers", levels, np.arange(3))


def _numbers_of(item: Item) -> list[str]:
    found = _RUN.findall(" ".join((compared_text(item), *all_references(item))))
    return list(dict.fromkeys(found))[:_MOST]


def _compare(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """Levels of pairs, given the numbers of both items; one number that agrees is enough."""
    first, second = left[:, :, None], right[:, None, :]
    alike = (first != _NONE) & (second != _NONE) & (_lengths(left)[:, :, None] == _lengths(right)[:, None, :])
    agree = (alike & (first == second)).any(axis=(1, 2))
    slip = (alike & _slipped(np.abs(first - second))).any(axis=(1, 2))
    levels = np.where(slip, _SLIP, np.where(alike.any(axis=(1, 2)), _CONTRADICTION, _NO_CONTRADICTION))
    return np.where(agree, _NO_CONTRADICTION, levels).astype(np.int8)


def _lengths(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.searchsorted(10 ** np.arange(18), numbers, side="right")


def _slipped(apart: npt.NDArray[np.int64]) -> Bools:
    """Whether differences are what a wrong digit or two swapped ones make."""
    bare = apart.copy()
    while True:
        round_ones = (bare > 0) & (bare % 10 == 0)
        if not round_ones.any():
            return np.isin(bare, _SLIPS)
        bare[round_ones] //= 10
