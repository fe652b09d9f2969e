"""A scorer that cannot flatter: exact groups, interchangeable records, pairs inside groups, and what must stay open."""

from collections.abc import Iterable

import pytest

from benchmarks.accuracy.scoring import score
from benchmarks.accuracy.truth import ExpectedBreak, TrueGroup, Truth


def group(left: str, right: str, kind: str = "fee") -> TrueGroup:
    return TrueGroup(frozenset(left), frozenset(right), kind)


def match(left: Iterable[str], right: Iterable[str], decision: str = "auto", probability: float = 1.0) -> dict[str, object]:
    return {"left": list(left), "right": list(right), "decision": decision, "probability": probability}


def broken(kind: str, left: str, right: str = "") -> dict[str, object]:
    return {"type": kind, "left": list(left), "right": list(right)}


PAIRS = Truth((group("a", "x"), group("b", "y"), group("c", "z", "typo")))


def test_bands_count_right_and_wrong_decisions() -> None:
    found = score(PAIRS, [match("a", "x"), match("b", "z"), match("c", "z", "suggested")])
    assert (found.auto.decided, found.auto.right) == (2, 1)
    assert (found.auto.precision, found.auto.recall) == (0.5, pytest.approx(1 / 3))
    assert (found.all.decided, found.all.right, found.all.f1) == (3, 2, pytest.approx(2 / 3))
    assert found.all.false_per_100k == pytest.approx(100_000 / 3)
    assert found.kinds == {"fee": (2, 1), "typo": (1, 1)}
    assert found.wrong == {"auto": {"fee + typo": 1}, "all": {"fee + typo": 1}}


def test_twins_may_be_exchanged_but_not_claimed_more_often_than_they_are() -> None:
    truth = Truth((group("a", "x"), group("b", "y")), places={"a": 1, "b": 1, "x": 2, "y": 2})
    assert score(truth, [match("a", "y"), match("b", "x")]).all.right == 2
    assert score(truth, [match("a", "y"), match("b", "x"), match("a", "x")]).all.right == 2


def test_twins_in_a_batch_may_be_exchanged_too() -> None:
    truth = Truth((group("ab", "x"), group("c", "y")), places={"b": "same", "c": "same"})
    assert score(truth, [match("ac", "x"), match("b", "y")]).all.right == 2


def test_each_match_is_judged_with_what_it_states() -> None:
    truth = Truth((group("a", "x"), group("b", "y")), places={"a": 1, "b": 1, "x": 2, "y": 2})
    claimed = [match("a", "y", probability=0.9), match("b", "x", probability=0.8), match("a", "x", probability=0.7)]
    assert score(truth, claimed).judged == [(0.9, True), (0.8, True), (0.7, False)]


def test_a_batch_is_right_with_all_its_members_only_and_pairs_say_how_near_it_was() -> None:
    truth = Truth((group("abc", "x", "batch"), group("d", "y")))
    found = score(truth, [match("abcd", "x")])
    assert (found.all.right, found.batches.recall, found.kinds["batch"]) == (0, 0.0, (1, 0))
    assert (found.all_pairs.true, found.all_pairs.decided, found.all_pairs.right) == (4, 4, 3)
    exact = score(truth, [match("cba", "x")])
    assert (exact.batches.recall, exact.all_pairs.right, exact.all_pairs.precision) == (1.0, 3, 1.0)


def test_a_payment_and_its_reversal_on_one_side_are_a_pair() -> None:
    truth = Truth((group("", "xy", "reversal"),))
    found = score(truth, [match("", "yx")])
    assert (found.all.right, found.all_pairs.right, found.batches.true) == (1, 1, 0)
    assert score(truth, [match("", "x")]).all.right == 0


def test_a_break_needs_the_right_type_and_exactly_its_records() -> None:
    truth = Truth(
        (),
        (
            ExpectedBreak(frozenset("a"), frozenset(), "alone", frozenset({"MISSING_RIGHT"})),
            ExpectedBreak(frozenset("b"), frozenset("xy"), "part missing", frozenset({"SPLIT", "AMOUNT"})),
        ),
    )
    right = score(truth, [], [broken("MISSING_RIGHT", "a"), broken("AMOUNT", "b", "yx")])
    assert right.breaks == {"alone": (1, 1), "part missing": (1, 1)}
    wrong = score(truth, [], [broken("TIMING", "a"), broken("SPLIT", "b", "x")])
    assert wrong.breaks == {"alone": (1, 0), "part missing": (1, 0)}


def test_one_break_does_not_answer_for_two_twins() -> None:
    twin = ExpectedBreak(frozenset("a"), frozenset(), "duplicate", frozenset({"DUPLICATE"}))
    truth = Truth((), (twin, ExpectedBreak(frozenset("b"), frozenset(), "duplicate", twin.types)), places={"a": 1, "b": 1})
    assert score(truth, [], [broken("DUPLICATE", "b")]).breaks == {"duplicate": (2, 1)}


def test_nothing_found_is_no_recall() -> None:
    found = score(PAIRS, [])
    assert (found.all.recall, found.all.f1, found.all.precision) == (0.0, 0.0, 1.0)
