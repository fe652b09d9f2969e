"""Texts of a book as arrays: how far two of them agree from the start, which words they share, and how rare that is.

Rarity is information in nats: the logarithm of how many texts there are over how many have the same beginning or word.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.evidence import all_references
from reconciler.types import Item

__all__ = ["Bools", "Floats", "Ints", "TextTable", "compared_text", "compared_words", "tabulate"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_WIDTH = 64
"""Bytes of a text that are compared; bank texts differ long before."""

_BLOCK = 8
"""Bytes that are compared at once."""

_MOST_WORDS = 8
"""Words of an item that are compared, the first ones. A fixed number keeps the comparison of a pair in one array operation."""

_WORD = re.compile(r"\w+")
_BETWEEN_WORDS = re.compile(r"[^0-9A-Z]+")

_PART = 4
"""Characters at either end of a word that are compared by themselves."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """Texts of both sides, one row per item.

    Attributes:
        blocks: UTF-8 bytes, eight in a number, the first one lowest; 0 beyond the end.
        lengths: bytes of each text that are compared.
        beginning: `beginning[i, k]` is the rarity of the first k bytes of text i.
        parts: the words, their first and their last four characters. A word with a slip or cut short shares one of the latter.
        starts: byte where each word begins in the text; beyond every text for words that come from elsewhere.
    """

    blocks: npt.NDArray[np.uint64]
    lengths: Ints
    beginning: npt.NDArray[np.float32]
    parts: tuple["Parts", "Parts", "Parts"]
    starts: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Parts:
    """Words of all items, or one part of each word.

    Attributes:
        numbers: of the words of each item, -1 where there are fewer words.
        rarity: by number.
        counts: how many words of items are the same, by number.
    """

    numbers: npt.NDArray[np.int32]
    rarity: Floats
    counts: Ints


def compared_text(item: Item) -> str:
    """The text that beginnings are compared of: the description, else the counterparty; upper case, single spaces."""
    text = item.text or item.counterparty or ""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split()).upper()


def compared_words(item: Item) -> dict[str, int]:
    """Words of an item with the byte where each begins in `compared_text`; names and references of other fields count too."""
    found: dict[str, int] = {}
    text = compared_text(item)
    for part in _WORD.finditer(text):
        start = part.start()
        found.setdefault(part.group(), start if text.isascii() else len(text[:start].encode("utf-8", "surrogatepass")))
    named = _BETWEEN_WORDS.split(item.counterparty.upper()) if item.counterparty else ()
    for other in (*named, *all_references(item)):
        if other:
            found.setdefault(other, _WIDTH)
    return found


def tabulate(items: Sequence[Item]) -> TextTable:
    """The table of `items`, in their order."""
    encoded = [compared_text(item).encode("utf-8", "surrogatepass")[:_WIDTH] for item in items]
    lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(items))
    width = -(-int(lengths.max(initial=1)) // _BLOCK) * _BLOCK
    characters = np.array(encoded, dtype=f"S{width}")
    words, starts, known = _words(items)
    parts = (
        _parts(words, known, len(items)),
        _parts(words, [word[:_PART] for word in known], len(items)),
        _parts(words, [word[-_PART:] for word in known], len(items)),
    )
    blocks = characters.view("<u8").reshape(len(items), width // _BLOCK)
    return TextTable(blocks, lengths, _beginnings(characters), parts, starts)


def _parts(words: npt.NDArray[np.int32], texts: Sequence[str], items: int) -> Parts:
    known: dict[str, int] = {}
    # The extra last place is where -1, no word, is looked up.
    of_word = np.array([*(known.setdefault(text, len(known)) for text in texts), -1], dtype=np.int32)
    numbers = of_word[words]
    counts = np.bincount(numbers[numbers >= 0], minlength=len(known)).astype(np.int64)
    return Parts(numbers, np.log((items + 1) / np.maximum(counts, 1)), counts)


def _words(items: Sequence[Item]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16], list[str]]:
    numbers: dict[str, int] = {}
    words = np.full((len(items), _MOST_WORDS), -1, dtype=np.int32)
    starts = np.full((len(items), _MOST_WORDS), _WIDTH, dtype=np.int16)
    for row, item in enumerate(items):
        for column, (word, start) in enumerate(compared_words(item).items()):
            if column == _MOST_WORDS:
                break
            words[row, column] = numbers.setdefault(word, len(numbers))
            starts[row, column] = min(start, _WIDTH)
    return words, starts, list(numbers)


def _beginnings(texts: npt.NDArray[np.bytes_]) -> npt.NDArray[np.float32]:
    """Rarity of every beginning, from the sorted texts: equal beginnings are neighbours."""
    count, width = len(texts), texts.itemsize
    rarity = np.zeros((count, width + 1), dtype=np.float32)
    if not count:
        return rarity
    order = np.argsort(texts, kind="stable")
    ordered = texts[order].view(np.uint8).reshape(count, width)
    fresh = np.zeros(count, dtype=bool)
    fresh[0] = True
    for length in range(1, width + 1):
        fresh[1:] |= ordered[1:, length - 1] != ordered[:-1, length - 1]
        sizes = np.diff(np.flatnonzero(fresh), append=count)
        rarity[order, length] = np.repeat(np.log(count / sizes), sizes)
    return rarity
