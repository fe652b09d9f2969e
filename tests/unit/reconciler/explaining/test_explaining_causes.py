"""Suspected causes of open items, by known answers and by properties."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.calendar import BusinessCalendar
from reconciler.explaining.candidates import by_nearness, nearest_candidates
from reconciler.explaining.causes import Cause, Circumstances, suspect, suspect_pair
from reconciler.explaining.distance import digits_transposed, slips_between
from reconciler.explaining.separation import separate
from reconciler.explaining.signals import RunnerUp, Signal, runner_up_of, signals_of
from reconciler.explaining.waiting import due_of
from reconciler.fees import FeeProfile
from reconciler.profiles import PairProfile
from reconciler.tolerance import Tolerance
from reconciler.types import Item, Reason

NOON = dt.datetime(2026, 3, 6, 12, tzinfo=dt.UTC)  # a Friday
RULES = Circumstances(
    tolerance=Tolerance(days_before=1, days_after=3), fees=FeeProfile(absolute_minor={"INR": 50}), sides=("ledger", "bank")
)
REFERENCES = st.text("AB01", max_size=7)


def item(identity: str, amount: int, *, side: str = "ledger", day: int = 0, **fields: Any) -> Item:
    given: dict[str, Any] = {
        "account": "acc",
        "currency": "INR",
        "direction": 1 if amount >= 0 else -1,
        "booked_at": NOON + dt.timedelta(days=day),
        **fields,
    }
    return Item(id=identity, side=side, amount_minor=abs(amount), **given)


def bank(identity: str, amount: int, **fields: Any) -> Item:
    return item(identity, amount, side="bank", **fields)


@pytest.mark.parametrize(
    ("ours", "theirs", "cause"),
    [
        (item("a", 12_345, key="INV0042"), bank("b", 12_345, key="INV0024"), Cause.TYPO),
        (item("a", 12_345, key="INV0042"), bank("b", 12_345, key="INV00420"), Cause.TYPO),
        (item("a", 12_345, key="INV0042"), bank("b", 12_345, key="PAY7781"), Cause.REFERENCE),
        (item("a", 5_400), bank("b", 4_500), Cause.TYPO),
        (item("a", 5_400), bank("b", 4_500, day=2), None),
        (item("a", 5_400, key="INV0042"), bank("b", 4_500, day=2, key="INV0042"), Cause.TYPO),
        (item("a", 12_345, key="INV0042"), bank("b", 12_845, key="INV0042"), Cause.TYPO),
        (item("a", 10_000), bank("b", 9_960), Cause.FEE),
        (item("a", 10_000), bank("b", 9_940), None),
        (item("a", 10_000, fee_minor=240), bank("b", 9_760), Cause.FEE),
        (item("a", 10_000), bank("b", 10_000, day=9), Cause.TIMING),
        (item("a", 10_000), bank("b", 10_000, day=1), None),
        (item("a", 10_000), bank("b", 10_000, day=3), None),
        (item("a", 10_000), bank("b", 10_000, day=-3), Cause.TIMING),
        (item("a", 10_000), bank("b", -10_000), None),
    ],
)  # fmt: skip
def test_what_separates_two_items_suggests_a_cause(ours: Item, theirs: Item, cause: Cause | None) -> None:
    found = suspect_pair(ours, theirs, RULES)
    assert (found.cause if found else None) is cause
    back = suspect_pair(theirs, ours, RULES)
    assert (back.cause if back else None) is cause


def test_a_learnt_rate_is_a_fee_even_where_the_rules_name_none() -> None:
    learnt = Circumstances(
        tolerance=Tolerance(), fees=FeeProfile(), learnt=PairProfile(rates=((23_600, 40),), fixed=((1_500, 25),))
    )
    found = suspect_pair(item("a", 100_000), bank("b", 97_640), learnt)
    assert found is not None and found.cause is Cause.FEE and "23600 ppm" in found.why
    fixed = suspect_pair(item("a", 100_000), bank("b", 98_500), learnt)
    assert fixed is not None and "fixed fee" in fixed.why
    assert suspect_pair(item("a", 100_000), bank("b", 97_600), learnt) is None


def test_a_twin_that_is_matched_makes_a_duplicate() -> None:
    twin = item("twin", 10_000, key="INV0042")
    found = suspect(item("a", 10_000, key="INV0042"), [], [twin], RULES)
    assert found is not None and found.cause is Cause.DUPLICATE and "twin" in found.why
    assert suspect(item("a", 10_000, key="INV0043"), [], [twin], RULES) is None
    assert suspect(item("a", 10_001, key="INV0042"), [], [twin], RULES) is None


def test_parts_that_add_up_are_a_split() -> None:
    parts = [bank("x", 4_000), bank("y", 6_001), bank("z", 3_500, day=1), bank("w", 2_500)]
    found = suspect(item("a", 10_000), parts, [], RULES)
    assert found is not None and found.cause is Cause.SPLIT and found.why == "w + x + z add up to 10000 INR"
    far = [bank("x", 4_000), bank("z", 3_500, day=9), bank("w", 2_500)]
    assert suspect(item("a", 10_000), far, [], RULES) is None


@given(st.lists(st.integers(1, 500), min_size=1, max_size=9), st.integers(2, 1_500), st.randoms())
@settings(max_examples=60, deadline=None)
def test_parts_are_named_only_when_they_add_up(amounts: list[int], target: int, chance: Any) -> None:
    others = [bank(f"b{number}", amount) for number, amount in enumerate(amounts)]
    ours = item("a", target)
    found = suspect(ours, others, [], Circumstances(tolerance=Tolerance(), fees=FeeProfile()))
    shuffled = list(others)
    chance.shuffle(shuffled)
    assert by_nearness(ours, shuffled) == by_nearness(ours, others)
    if found is not None and found.cause is Cause.SPLIT:
        named = found.why.partition(" add up")[0].split(" + ")
        assert sum(one.amount_minor for one in others if one.id in named) == target


@given(REFERENCES, REFERENCES)
@settings(max_examples=150, deadline=None)
def test_slips_are_a_distance(first: str, second: str) -> None:
    found = slips_between(first, second)
    assert found == slips_between(second, first)
    assert (found == 0) == (first == second)
    assert abs(len(first) - len(second)) <= found <= max(len(first), len(second))
    assert slips_between(first + "Z", second + "Z") <= found
    assert slips_between("X" + first, first) == 1


@given(st.integers(10, 10**9), st.integers(0, 8))
@settings(max_examples=80, deadline=None)
def test_swapped_digits_are_recognised(amount: int, place: int) -> None:
    digits = list(str(amount))
    place = min(place, len(digits) - 2)
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    swapped = int("".join(digits))
    assert digits_transposed(amount, swapped) == (swapped != amount and digits[0] != "0")
    assert not digits_transposed(amount, amount + 1)


def test_the_nearest_has_the_reference_then_the_amount() -> None:
    ours = item("a", 10_000, key="INV0042")
    others = [
        bank("far", 30_000),
        bank("near", 10_010),
        bank("same", 19_000, key="INV0042"),
        bank("mid", 11_000),
        bank("out", 9_000),
    ]
    found = nearest_candidates(ours, by_nearness(ours, others), RULES)
    assert [one.item.id for one in found] == ["same", "near", "mid"]
    words = [reason.text for reason in found[0].separation.reasons("INR")]
    assert words == ["9000 INR more (90.00 %)"]
    assert [reason.text for reason in separate(item("a", 54_321), bank("b", 54_300, day=-2)).reasons("INR")] == [
        "21 INR less (0.0386 %)",
        "2 days earlier",
        "one of the two has none",
    ]


def test_weights_are_read_from_reasons() -> None:
    reasons = [
        Reason("text", "equal, 'acme: march': +12.5 bits"),
        Reason("date", "the same day: -0.3 bits"),
        Reason("rivals", "the next, core/7, is +3.1 bits behind"),
        Reason("runner_up", "core/7"),
    ]
    assert signals_of(reasons)[:2] == (Signal("text", "equal, 'acme: march'", 12.5), Signal("date", "the same day", -0.3))
    assert [one.name for one in signals_of(reasons)] == ["text", "date", "rivals"]
    assert runner_up_of(reasons) == RunnerUp("core/7", 3.1)
    assert runner_up_of(reasons[3:]) == RunnerUp("core/7", None)
    assert runner_up_of(reasons[:2]) is None


def test_what_is_due_waits_for_the_sources_that_are_behind() -> None:
    monday_end = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
    marks = {("core", ""): monday_end, ("bank", "other"): monday_end, ("bank", ""): NOON, ("card", "acc"): NOON}
    due = due_of(item("a", 100), ["core", "bank", "card", "new"], BusinessCalendar(), marks)
    assert due.at == monday_end
    assert [(one.source, one.passed) for one in due.sources] == [("bank", False), ("card", False), ("core", True), ("new", False)]
    assert due.sources[3].through is None


def test_a_reference_inside_a_text_is_not_said_to_be_missing() -> None:
    ours, theirs = item("a", 900, key="INV20260411"), bank("b", 800, text="NEFT INV20260411 ACME", day=1)
    assert [reason.signal for reason in separate(ours, theirs).reasons("INR")] == ["amount", "date"]
    assert separate(ours, bank("c", 900, text="NEFT ACME")).reasons("INR") == (Reason("reference", "one of the two has none"),)
