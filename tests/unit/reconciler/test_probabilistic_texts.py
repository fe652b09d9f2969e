"""How texts are compared for many pairs at once, against a plain definition for one pair."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.probabilistic import text_levels as module
from reconciler.probabilistic.text_levels import left_over, shared_nats, text_levels
from reconciler.probabilistic.texts import TextTable, compared_text, compared_words, tabulate
from reconciler.types import Item

EQUAL, BEGINS, SHARED_BEGINNING, SHARED_WORDS = range(4)
EDGES = [*(half / 2 for half in range(1, 19)), 10.5, 12.0, 14.0, 16.0, 18.0, 20.0]

words = st.sampled_from(["ANNA", "ANNALENA", "ANTON", "LENA", "BGC", "X", "MÜLLER", "INV0042", "INV0043", "A\0B"])
texts = st.lists(st.lists(words, max_size=9).map(" ".join), min_size=1, max_size=12)


def rarities(items: list[Item], part: slice) -> dict[str, float]:
    seen = [word[part] for item in items for word in list(compared_words(item))[:8]]
    return {word: math.log((len(items) + 1) / seen.count(word)) for word in seen}


def defined(table: TextTable, items: list[Item], left: int, right: int) -> tuple[int, float, int]:
    """State of a pair, nats of what both texts share, and how much is left over."""
    ours, theirs = (compared_text(items[row]).encode()[:64] for row in (left, right))
    common = next((place for place, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
    common = min(len(ours), len(theirs)) if common is None else common
    beginning = float(table.beginning[left, common])
    pair = [dict(list(compared_words(items[row]).items())[:8]) for row in (left, right)]
    worth = [dict.fromkeys(own, 0.0) for own in pair]
    for part in (slice(None), slice(None, 4), slice(-4, None)):
        rarity = rarities(items, part)
        for one, other in product(*pair):
            if one[part] == other[part]:
                worth[0][one] = max(worth[0][one], rarity[one[part]])
                worth[1][other] = max(worth[1][other], rarity[other[part]])
    shared = min(sum(own.values()) for own in worth)
    whole = rarities(items, slice(None))
    rests = [
        max((whole[word] for word, start in own.items() if found[word] == 0.0 and min(start, 64) >= common), default=0.0)
        for own, found in zip(pair, worth, strict=True)
    ]
    longest, shortest = max(len(ours), len(theirs)), min(len(ours), len(theirs))
    state = SHARED_BEGINNING if beginning + 1.0 >= shared else SHARED_WORDS
    state = EQUAL if common == longest else BEGINS if common == shortest else state
    return state, max(beginning, shared), sum((rest > 0.0) + (rest > 2.0) for rest in rests)


@given(texts=texts, chunk=st.sampled_from([1, 7, 1 << 14]))
@settings(max_examples=60)
def test_pairs_of_texts_are_compared_as_it_is_defined(texts: list[str], chunk: int, make_item) -> None:
    items = [make_item(f"i{number}", "left", text=text) for number, text in enumerate(texts)]
    table = tabulate(items)
    left, right = (np.array(rows) for rows in zip(*product(range(len(items)), repeat=2), strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        levels = text_levels(left, right, table)
    for place, level in enumerate(levels):
        state, nats, rest = defined(table, items, left[place], right[place])
        floor = max([0.0, *(edge for edge in EDGES if edge < nats - 1e-6)])
        told = int(level) // (9 * (len(EDGES) + 1)), float(shared_nats(level)), int(left_over(level))
        assert told[0] == state
        # On an edge, the last digits decide.
        assert told[1] == floor or any(abs(edge - nats) <= 1e-6 for edge in EDGES)
        assert told[2] == rest
