"""Which words of a book name somebody, by how few items have them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from reconciler.decisions import day_of
from reconciler.evidence import words
from reconciler.types import Item

__all__ = ["names_of", "telling_words"]

_MOST = 48
"""Items of both sides that have a word within a month, so that it still names somebody."""

_MONTH = 31

_NUMBERED = re.compile(r"([A-Z]+)[0-9]+")


def telling_words(items: Sequence[Item]) -> frozenset[str]:
    """Words without digits that few items have: names, and not `TRANSFER` or `INVOICE`, nor `INV` of which a number was cut off.

    Counted by the time that the book spans, since a book twice as long has every word twice as often.
    """
    if not items:
        return frozenset()
    days = [day_of(item) for item in items]
    months = max(1.0, (max(days) - min(days) + 1) / _MONTH)
    counts = Counter(word for item in items for word in words(item))
    before_digits = {found[1] for word in counts if (found := _NUMBERED.fullmatch(word))}
    return frozenset(word for word, count in counts.items() if count <= _MOST * months and word.isalpha()) - before_digits


def names_of(item: Item, telling: AbstractSet[str]) -> Iterable[str]:
    """The item's words that name somebody."""
    return words(item) & telling
