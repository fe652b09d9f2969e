"""References that speak against a pair: both sides name one of the same form, and not the same one."""

import re
from collections.abc import Set as AbstractSet

from reconciler.evidence import reference_tokens
from reconciler.types import Item

__all__ = ["contradict", "named_references"]

_DIGITS = re.compile(r"\d")


def named_references(item: Item) -> frozenset[str]:
    """What an item names with letters and digits, such as `INV0042`: its letters say what kind of number it is.

    A number without letters is left out: nothing says that two of them count the same thing.
    """
    return frozenset(token for token in reference_tokens(item) if not token.isdigit())


def contradict(left: AbstractSet[str], right: AbstractSet[str]) -> bool:
    """Whether the named references of two items exclude each other: INV0042 against INV0043, not against a bank's own FT0042."""
    return left.isdisjoint(right) and not {_form(one) for one in left}.isdisjoint({_form(one) for one in right})


def _form(reference: str) -> str:
    return _DIGITS.sub("9", reference)
