"""The book of three sides: each item labelled once, and the engine's answer is the label's."""

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.accuracy.engine import solve_book
from benchmarks.accuracy.generated.three_way import three_way_book
from benchmarks.accuracy.scoring import score


def test_the_same_seed_makes_the_same_book() -> None:
    assert three_way_book("hard", 1, 100) == three_way_book("hard", 1, 100)
    assert three_way_book("hard", 1, 100).items != three_way_book("hard", 2, 100).items


@pytest.mark.parametrize("name", ["easy", "medium", "hard"])
def test_every_key_is_decided_as_it_is_labelled(name: str) -> None:
    book = three_way_book(name, 11, 600)
    labelled = Counter(identity for known in (*book.truth.groups, *book.truth.breaks) for identity in (*known.left, *known.right))
    unlabelled = {item.id for item in book.items} - labelled.keys()
    assert all(item.status == "FAILED" for item in book.items if item.id in unlabelled)
    assert set(labelled.values()) == {1}
    result, _ = solve_book(book)
    found = score(book.truth, result["matches"], result["breaks"])
    assert (found.auto.f1, found.all.f1) == (1.0, 1.0)
    assert {kind: right for kind, (_, right) in found.breaks.items()} == {kind: count for kind, (count, _) in found.breaks.items()}
    assert len(found.breaks) == 9


def test_the_scores_notice_another_tolerance() -> None:
    book = three_way_book("hard", 11, 600)
    strict = replace(book, rules=book.rules.replace("absolute_minor: {INR: 100}, ", ""))
    found = score(book.truth, *(solve_book(strict)[0][part] for part in ("matches", "breaks")))
    planted, right = found.kinds["within tolerance"]
    assert right < planted
