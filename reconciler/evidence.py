"""What an item says about which payment it is: its references, pieces of its text, and when two references are nearly the same."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from reconciler.check_digits import checks_out, may_become_structured
from reconciler.text import normalise_reference
from reconciler.types import Item

__all__ = ["all_references", "deletion_variants", "one_slip_apart", "reference_tokens", "words"]

_PIECES = re.compile(r"[^0-9A-Za-z]+")
_MIN_TOKEN = 6
_MAX_JOIN = 3
_MIN_WORD = 3

_REMEMBERED = 1 << 17
"""Texts whose pieces are kept, since every stage asks for them again: tens of megabytes at most."""


def all_references(item: Item) -> tuple[str, ...]:
    """The item's structured references, the key first, each once."""
    own = (item.key, *item.references) if item.key else item.references
    return tuple(dict.fromkeys(filter(None, own))) if own else ()


def reference_tokens(item: Item) -> frozenset[str]:
    """Structured references, and whatever in the text could be one.

    A piece of text counts when it has a digit and at least six characters; neighbouring pieces are also taken together, so
    that `INV-00-42` in a narration is found as `INV0042`. A structured reference is found in any number of blocks, because its
    check digits say where it ends: `RF18 5390 0754 7034`.
    """
    found = _embedded(item.text)
    own = all_references(item)
    return found.union(own) if own else found


@lru_cache(_REMEMBERED)
def _embedded(text: str) -> frozenset[str]:
    return frozenset(_tokens(text))


def _tokens(text: str) -> Iterator[str]:
    pieces = [piece.upper() for piece in _PIECES.split(text) if piece]
    for start in range(len(pieces)):
        joined = ""
        for piece in pieces[start : start + _MAX_JOIN]:
            joined += piece
            # A piece has only letters and digits of ASCII, so that one with a digit is not all letters.
            if len(joined) >= _MIN_TOKEN and not piece.isalpha():
                token = normalise_reference(joined)
                if token:
                    yield token
        if len(pieces) > start + _MAX_JOIN and may_become_structured(joined):
            yield from _structured(joined, pieces[start + _MAX_JOIN :])


def _structured(joined: str, pieces: Sequence[str]) -> Iterator[str]:
    for piece in pieces:
        joined += piece
        if checks_out(joined):
            yield joined
        if not may_become_structured(joined):
            return


def words(item: Item) -> frozenset[str]:
    """Words of the text and of the counterparty's name, three characters or more, upper case."""
    return _words(f"{item.text} {item.counterparty}" if item.counterparty else item.text)


@lru_cache(_REMEMBERED)
def _words(text: str) -> frozenset[str]:
    return frozenset(piece.upper() for piece in _PIECES.split(text) if len(piece) >= _MIN_WORD)


def deletion_variants(reference: str) -> Iterator[str]:
    """The reference, and it without each of its characters: references one slip apart share at least one of these."""
    yield reference
    for index in range(len(reference)):
        yield reference[:index] + reference[index + 1 :]


def one_slip_apart(first: str, second: str) -> bool:
    """Whether one wrong, missing, extra or swapped character turns `first` into `second`. Equal ones are not apart."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    if len(first) > len(second):
        first, second = second, first
    start = next((index for index, character in enumerate(first) if character != second[index]), len(first))
    if len(first) < len(second):
        return first[start:] == second[start + 1 :]
    if first[start + 1 :] == second[start + 1 :]:
        return True
    return first[start + 2 :] == second[start + 2 :] and first[start : start + 2] == second[start : start + 2][::-1]
