"""Names that both sides of a book have, also where one side has them with a slip, cut short or run together."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from reconciler.evidence import deletion_variants, one_slip_apart, words
from reconciler.types import Item

__all__ = ["Name", "SharedNames"]

_MIN_LENGTH = 4
"""Characters of a word that may have a slip or be a beginning."""

_MIN_PART = 3
_MOST_DIGITS = 1
"""Digits that a slip may have put into a word; what has more of them is a number."""

_MOST_MEANINGS = 3
"""A word that could stand for more names than this stands for none."""

Name = frozenset[str]
"""What a word may stand for: itself, or the few words of the other side that it comes near."""


@dataclass(frozen=True, slots=True)
class SharedNames:
    """The names of a book.

    Attributes:
        both: words that name somebody on both sides.
        meant: by a word that only one side has, the names that it stands for; two where two were run together.
    """

    both: AbstractSet[str]
    meant: Mapping[str, tuple[Name, ...]]

    @classmethod
    def of(cls, sides: tuple[Sequence[Item], Sequence[Item]], telling: tuple[AbstractSet[str], AbstractSet[str]]) -> "SharedNames":
        """The names in the items of both sides, by the words that are telling on each."""
        near: dict[str, tuple[Name, ...]] = {}
        for items, own, others in zip(sides, telling, telling[::-1], strict=True):
            known = _Vocabulary(others)
            ends = {listed[-1] for listed in (item.text.upper().split() for item in items) if listed}
            for word in {word for item in items for word in words(item)} - others:
                if (word in own or not word.isalpha()) and (meant := known.meanings(word, cut=word in ends)):
                    near[word] = meant
        both = telling[0] & telling[1]
        # Where neither side has the other's word, the one that is meant is a name of its own.
        pointed = {one for names in near.values() for name in names for one in name} - both
        named = {word: (frozenset({word}),) for word in pointed}
        return cls(both, named | {word: tuple(name | ({word} & pointed) for name in names) for word, names in near.items()})

    def of_item(self, item: Item) -> list[Name]:
        """The names in what an item says."""
        found: list[Name] = []
        for word in sorted(words(item)):
            found.extend((frozenset({word}),) if word in self.both else self.meant.get(word, ()))
        return found


class _Vocabulary:
    """Words of one side, by what comes near them."""

    def __init__(self, known: AbstractSet[str]) -> None:
        self._known = known
        self._sorted = sorted(known)
        self._variants: dict[str, tuple[str, ...]] = {}
        for word in self._sorted:
            for variant in set(deletion_variants(word)):
                self._variants[variant] = (*self._variants.get(variant, ()), word)

    def meanings(self, word: str, *, cut: bool) -> tuple[Name, ...]:
        """The names that an unknown word stands for; none if it could be any of many.

        Args:
            word: upper case.
            cut: it ends a text, which may have been cut short.
        """
        if len(word) < _MIN_LENGTH or sum(map(str.isdigit, word)) > _MOST_DIGITS:
            return ()
        found = {one for variant in deletion_variants(word) for one in self._variants.get(variant, ()) if one_slip_apart(word, one)}
        if cut:
            found.update(self._beginning_with(word))
        if found:
            return (frozenset(found),) if len(found) <= _MOST_MEANINGS else ()
        return self._run_together(word)

    def _beginning_with(self, word: str) -> Iterable[str]:
        first = bisect_left(self._sorted, word)
        return (one for one in self._sorted[first : first + _MOST_MEANINGS + 1] if one.startswith(word))

    def _run_together(self, word: str) -> tuple[Name, ...]:
        """Two names with nothing, or one wrong character, between them."""
        for end in range(_MIN_PART, len(word) - _MIN_PART + 1):
            for begin in (end, end + 1):
                if word[:end] in self._known and word[begin:] in self._known:
                    return frozenset({word[:end]}), frozenset({word[begin:]})
        return ()
