"""Candidates, texts and probabilities in arrays, each against a plain definition of the same thing."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.probabilistic.labels import amount_labels, text_labels
from reconciler.probabilistic.marginals import pair_probabilities
from reconciler.probabilistic.pairs import LabelRows, Reach, candidate_pairs
from reconciler.probabilistic.texts import tabulate

ints = lambda *values: np.array(values, dtype=np.int64)  # noqa: E731
NEAR = Reach(log_ratio=0.1, days_before=5, days_after=5)

_records = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(90, 130)), min_size=1, max_size=12)


@given(left=_records, right=_records, before=st.integers(0, 6), after=st.integers(0, 6), ratio=st.sampled_from([0.0, 0.05, 0.2]))
def test_candidates_are_all_pairs_of_one_label_within_reach(left, right, before: int, after: int, ratio: float) -> None:
    # Every item has a second label that says the same, so that pairs share several.
    told = [ints(*(label for label, _, _ in side)) for side in (left, right)]
    rows = [LabelRows(np.append(labels, labels + 10), np.tile(np.arange(len(labels)), 2)) for labels in told]
    days = tuple(ints(*(day for _, day, _ in side)) for side in (left, right))
    amounts = tuple(ints(*(amount for _, _, amount in side)) for side in (left, right))
    found = candidate_pairs(*rows, days, amounts, Reach(ratio, before, after))
    pairs = list(zip(*(numbers.tolist() for numbers in found), strict=True))
    sure, possible = set(), set()
    for (one, first), (other, second) in itertools.product(enumerate(left), enumerate(right)):
        if first[0] == second[0] and -before <= second[1] - first[1] <= after:
            apart = abs(math.log(second[2] / first[2]))
            # The search key is coarse by less than a thousandth; what lies between is a candidate or not.
            sure |= {(one, other)} if apart <= ratio else set()
            possible |= {(one, other)} if apart <= ratio + 1e-3 else set()
    assert pairs == sorted(set(pairs))
    assert sure <= set(pairs) <= possible


def enumerated(lefts: int, rights: int, edges: list[tuple[int, int, float]]) -> list[float]:
    """Probability of each edge over all sets of edges that share no item, each weighted by the product of its odds."""
    total, of_edge = 0.0, [0.0] * len(edges)
    for chosen in itertools.product([False, True], repeat=len(edges)):
        taken = [edge for edge, wanted in zip(edges, chosen, strict=True) if wanted]
        if len({edge[0] for edge in taken}) == len({edge[1] for edge in taken}) == len(taken):
            weight = math.prod(edge[2] for edge in taken)
            total += weight
            of_edge = [sum_ + weight * wanted for sum_, wanted in zip(of_edge, chosen, strict=True)]
    return [weight / total for weight in of_edge]


odds = st.floats(0.01, 1_000)


@given(st.lists(st.tuples(odds, odds), min_size=1, max_size=4))
def test_probabilities_on_a_chain_are_exact(links: list[tuple[float, float]]) -> None:
    edges = [
        (number + shift, number, weight) for number, pair in enumerate(links) for shift, weight in ((0, pair[0]), (1, pair[1]))
    ]
    left, right, weights = zip(*edges, strict=True)
    found = pair_probabilities(ints(*left), ints(*right), np.array(weights), 40)
    assert found.tolist() == pytest.approx(enumerated(5, 4, edges), abs=1e-6)


@given(st.data())
@settings(max_examples=30)
def test_hopeless_pairs_change_nothing(data: st.DataObject) -> None:
    """Pairs of the least odds that learning allows are spared most rounds; the probabilities are those of all rounds."""
    drawn = st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([0.0, 1.6e-8, 0.01, 1.0, 50.0, 1e6])), min_size=1
    )
    left, right, weights = (np.array(column) for column in zip(*data.draw(drawn), strict=True))
    free_left = free_right = last_left = last_right = np.ones(len(left))
    for _ in range(20):
        last_left, last_right = free_left, free_right
        to_left, to_right = weights * last_right, weights * last_left
        free_left = 1.0 / (1.0 + (left[:, None] == left) @ to_left - to_left)
        free_right = 1.0 / (1.0 + (right[:, None] == right) @ to_right - to_right)
    joint = weights * np.sqrt(free_left * last_left * free_right * last_right)
    found = pair_probabilities(left, right, weights.astype(np.float64), 20)
    assert found.tolist() == pytest.approx((joint / (1.0 + joint)).tolist(), rel=1e-5, abs=1e-12)


def test_twins_share_their_probability_evenly() -> None:
    found = pair_probabilities(ints(0, 0, 1, 1), ints(0, 1, 0, 1), np.full(4, 1e6), 40)
    assert found.tolist() == pytest.approx([0.5] * 4, abs=0.02)


def test_a_rival_takes_probability_on_either_side() -> None:
    alone = pair_probabilities(ints(0), ints(0), np.array([9.0]), 40)
    rival_left = pair_probabilities(ints(0, 1), ints(0, 0), np.array([9.0, 9.0]), 40)
    rival_right = pair_probabilities(ints(0, 0), ints(0, 1), np.array([9.0, 9.0]), 40)
    assert alone.tolist() == pytest.approx([0.9])
    assert rival_left.tolist() == pytest.approx([9 / 19] * 2)
    assert rival_right.tolist() == pytest.approx(rival_left.tolist())


texts = st.lists(st.text("AB 1", max_size=8), min_size=1, max_size=10)


@given(texts=texts)
@settings(max_examples=60)
def test_the_rarity_of_a_beginning_counts_the_texts_that_have_it(texts: list[str], make_item) -> None:
    items = [make_item(f"i{number}", "left", text=text) for number, text in enumerate(texts)]
    table = tabulate(items)
    seen = [row.tobytes()[:length] for row, length in zip(table.blocks, table.lengths.tolist(), strict=True)]
    for row, text in enumerate(seen):
        for length in range(len(text) + 1):
            same = sum(other.startswith(text[:length]) for other in seen)
            assert table.beginning[row, length] == pytest.approx(math.log(len(seen) / same), abs=1e-5)


def test_words_with_a_slip_share_a_part(make_item) -> None:
    table = tabulate([make_item("a", "left", text="JONATHAN 123"), make_item("b", "right", text="JOMATHAN 123")])
    words, first, last = (part.numbers for part in table.parts)
    assert words[0, 0] != words[1, 0]
    assert first[0, 0] != first[1, 0]
    assert last[0, 0] == last[1, 0]
    assert words[0, 1] == words[1, 1]
    assert (words[:, 2:] == -1).all()


def test_labels_never_tie_money_in_to_money_out(make_item) -> None:
    items = [make_item("a", "left", 100, text="ACME RENT"), make_item("b", "right", -100, text="ACME RENT")]
    amounts, days = ints(100, -100), ints(1, 1)
    for table in (text_labels(tabulate(items), amounts, days, NEAR), amount_labels(amounts, days, NEAR)):
        left, right = table.rows(ints(0)), table.rows(ints(1))
        assert left.labels.size
        assert not set(left.labels.tolist()) & set(right.labels.tolist())


def test_items_without_any_text_have_no_text_label(make_item) -> None:
    items = [make_item("a", "left"), make_item("b", "right")]
    assert not text_labels(tabulate(items), ints(100, 100), ints(1, 1), NEAR).rows(ints(0, 1)).labels.size


def test_a_common_amount_is_a_label_where_few_have_it_near(make_item) -> None:
    """A hundred days with one each, and a day on which a crowd has it: the crowd's own label goes, and that of its neighbours."""
    days = np.concatenate([np.arange(100) * 10, np.full(80, 500)])
    labels = amount_labels(np.full(180, 100), days, NEAR)
    kept = set(labels.rows(np.arange(180)).items.tolist())
    assert kept == {item for item in range(100) if abs(days[item] - 500) > 5}


def test_texts_of_any_script_and_broken_ones_are_tabulated(make_item) -> None:
    texts = ["MÜNCHEN GmbH 42", "支払い 東京", "\ud800 broken", "a\0b", "", "  two   spaces ", "x" * 500]
    table = tabulate([make_item(f"i{number}", "left", text=text) for number, text in enumerate(texts)])
    assert table.lengths.tolist() == [16, 16, 10, 3, 0, 10, 64]
    assert table.blocks[6].tobytes() == b"X" * 64
