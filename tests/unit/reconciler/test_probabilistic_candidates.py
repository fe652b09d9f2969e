"""Candidates are found slice by slice; how large the slices are does not matter, and too dense a book keeps each item's best."""

import random

import numpy as np
import pytest

from reconciler.probabilistic import candidates
from reconciler.probabilistic.candidates import Candidates, Finder
from reconciler.probabilistic.labels import amount_labels, text_labels
from reconciler.probabilistic.pairs import Reach
from reconciler.probabilistic.signals import side_arrays, starting_scores
from reconciler.probabilistic.texts import tabulate
from reconciler.types import Item

REACH = Reach(log_ratio=0.2, days_before=4, days_after=4)


def finder(left: list[Item], right: list[Item], most_pairs: int = 10**6) -> Finder:
    every = [*left, *right]
    amounts = np.array([item.signed_minor for item in every])
    days = np.array([item.booked_at.toordinal() for item in every])
    table = tabulate(every)
    labels = text_labels(table, amounts, days, REACH), amount_labels(amounts, days, REACH)
    return Finder(side_arrays(amounts, days, len(left)), labels, table, REACH, most_pairs)


def told(found: Candidates) -> list[tuple[int, ...]]:
    columns = (found.left, found.right, found.by_amount, found.levels.text, found.levels.amount, found.levels.date)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.fixture
def sides(make_item) -> tuple[list[Item], list[Item]]:
    draw = random.Random(4)
    made = [
        [
            make_item(
                f"{side}{number}", side, draw.randrange(90, 130), day=draw.randrange(30),
                text=f"{draw.choice(('ACME', 'ACRE', 'BOLT'))} {draw.randrange(20)}",
            )
            for number in range(60)
        ]
        for side in ("left", "right")
    ]  # fmt: skip
    left, right = (sorted(side, key=lambda item: (item.booked_at, item.id)) for side in made)
    return left, right


def test_slices_do_not_change_what_is_found(sides, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = told(finder(*sides).find())
    assert whole == sorted(set(whole))
    assert len(whole) > 60
    monkeypatch.setattr(candidates, "_SLICE", 7)
    assert told(finder(*sides).find()) == whole


def test_a_book_that_is_too_dense_keeps_the_best_of_each_item_of_either_side(sides) -> None:
    everything, kept = finder(*sides).find(), finder(*sides, most_pairs=100).find()
    assert len(kept.left) < len(everything.left)
    pairs = set(zip(kept.left.tolist(), kept.right.tolist(), strict=True))
    scores = starting_scores(everything.levels, REACH).tolist()
    ranked = sorted(zip(everything.left.tolist(), everything.right.tolist(), scores, strict=True), key=lambda pair: -pair[2])
    for side in (0, 1):
        assert {pair[side] for pair in pairs} == {pair[side] for pair in ranked}
        best: dict[int, tuple[int, int]] = {}
        for left, right, _ in ranked:
            best.setdefault((left, right)[side], (left, right))
        assert set(best.values()) <= pairs


@pytest.mark.parametrize("most_pairs", [60, 100, 10**6])
def test_which_side_is_left_does_not_matter(sides, most_pairs: int) -> None:
    there, back = (finder(*both, most_pairs=most_pairs).find() for both in (sides, sides[::-1]))
    assert set(zip(there.left.tolist(), there.right.tolist(), strict=True)) == set(
        zip(back.right.tolist(), back.left.tolist(), strict=True)
    )


def test_a_pair_is_by_amount_alone_when_its_texts_share_no_label(make_item) -> None:
    left = [make_item("a", "left", 4711, text="ACME"), make_item("b", "left", 815, text="BOLT")]
    right = [make_item("c", "right", 4711, text="ACME"), make_item("d", "right", 815, text="ZORN")]
    found = finder(left, right).find()
    assert list(zip(found.left.tolist(), found.right.tolist(), found.by_amount.tolist(), strict=True)) == [
        (0, 0, False),
        (1, 1, True),
    ]
