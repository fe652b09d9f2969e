import datetime as dt

import pytest

from reconciler.conservation import check
from reconciler.errors import ReconcilerError
from reconciler.keyed import solve_group
from reconciler.rules import parse_reconciliation
from reconciler.types import BreakType, Item, Outcome

RULES = parse_reconciliation(
    """name: three
version: 1
shape: keyed
sides: [{name: core}, {name: gateway}, {name: mobile}]
tolerance: {amount: {absolute_minor: {INR: 5}}}
""",
    "three.yaml",
)
SIDES = RULES.side_names
PASSED = dict.fromkeys(SIDES, dt.datetime(2026, 4, 1, tzinfo=dt.UTC))


def solve(*items: Item, horizon=None) -> Outcome:
    outcome = solve_group(RULES, "PAY1", items, horizon)
    check(items, outcome)
    return outcome


def told(outcome: Outcome) -> list[tuple[str, str, int, bool]]:
    return [(b.type.value, " ".join(m.id for m in b.members), b.amount_minor, b.final) for b in outcome.breaks]


@pytest.fixture
def three(make_item):
    return [make_item("c", "core"), make_item("g", "gateway"), make_item("m", "mobile")]


def reversal(make_item, identity: str, side: str, amount: int = -100) -> Item:
    return make_item(identity, side, amount, day=1, is_reversal=True)


def test_one_item_on_each_side_is_a_match_that_explains_itself(three) -> None:
    outcome = solve(*three, horizon=PASSED)
    (match,) = outcome.matches
    assert (match.amount_minor, match.currency, match.final, match.probability_ppm) == (100, "INR", True, 1_000_000)
    assert [reason.signal for reason in match.reasons] == ["key", "amount"]
    assert not outcome.breaks


def test_the_stream_pass_makes_nothing_final(three) -> None:
    assert solve(*three).matches[0].final is False


def test_amounts_within_tolerance_match_and_beyond_it_break(three, make_item) -> None:
    assert solve(three[0], three[1], make_item("m", "mobile", 105)).matches
    beyond = solve(three[0], three[1], make_item("m", "mobile", 106), horizon=PASSED)
    assert told(beyond) == [("AMOUNT", "c g m", 6, True)]


def test_the_spread_counts_and_not_the_distance_to_the_first(three, make_item) -> None:
    outcome = solve(make_item("c", "core", 100), make_item("g", "gateway", 96), make_item("m", "mobile", 104))
    assert told(outcome) == [("AMOUNT", "c g m", 8, False)]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"currency": "EUR"}, BreakType.CURRENCY),
        ({"status": "FAILED"}, BreakType.STATUS),
        ({"status": "PENDING"}, BreakType.TIMING),
    ],
)
def test_a_side_that_tells_it_otherwise(three, make_item, changes, kind) -> None:
    outcome = solve(three[0], three[1], make_item("m", "mobile", **changes))
    assert [(b.type, len(b.members)) for b in outcome.breaks] == [(kind, 3)]


def test_the_open_amount_of_pending_items_does_not_depend_on_their_order(make_item) -> None:
    pending = [make_item("c1", "core", 100, status="PENDING"), make_item("g1", "gateway", 300, status="PENDING")]
    assert told(solve(*pending)) == told(solve(*pending[::-1])) == [("TIMING", "c1 g1", 100, False)]


@pytest.mark.parametrize(("absent", "kind"), [(0, "MISSING_LEFT"), (1, "MISSING_RIGHT"), (2, "MISSING_RIGHT")])
def test_a_missing_side_is_timing_until_its_own_watermark_has_passed(three, absent: int, kind: str) -> None:
    present = [item for index, item in enumerate(three) if index != absent]
    names = " ".join(item.id for item in present)
    others = {name: when for name, when in PASSED.items() if name != SIDES[absent]}
    assert told(solve(*present)) == [("TIMING", names, 100, False)]
    assert told(solve(*present, horizon=others)) == [("TIMING", names, 100, False)]
    assert told(solve(*present, horizon=PASSED)) == [(kind, names, 100, True)]


def test_a_difference_and_a_missing_side_are_both_reported(three, make_item) -> None:
    outcome = solve(three[0], make_item("g", "gateway", 90), horizon=PASSED)
    assert told(outcome) == [("AMOUNT", "c g", 10, True), ("MISSING_RIGHT", "c g", 100, True)]


def test_what_is_no_money_is_ignored(three, make_item) -> None:
    failed = [make_item(item.id, item.side, status="FAILED") for item in three]
    assert len(solve(*failed).ignored) == 3
    retried = solve(*three, make_item("g0", "gateway", status="FAILED"), make_item("c0", "core", status="VOID"))
    assert [member.id for member in retried.ignored] == ["c0", "g0"]
    assert retried.matches
    assert not retried.breaks


def test_equal_copies_on_every_side_are_one_match(three, make_item) -> None:
    outcome = solve(*three, *(make_item(f"{item.id}2", item.side, day=1) for item in three))
    (match,) = outcome.matches
    assert (len(match.members), match.amount_minor) == (6, 200)


def test_a_surplus_copy_is_a_duplicate_and_the_earliest_stays(three, make_item) -> None:
    outcome = solve(make_item("c0", "core", day=1), *three)
    assert [member.id for member in outcome.matches[0].members] == ["c", "g", "m"]
    assert told(outcome) == [("DUPLICATE", "c0", 100, False)]
    booked_together = solve(make_item("c0", "core"), *three)
    assert told(booked_together) == [("DUPLICATE", "c0", 100, False)]


def test_a_surplus_of_another_amount_is_missing_elsewhere(three, make_item) -> None:
    outcome = solve(*three, make_item("c2", "core", 900), horizon=PASSED)
    assert len(outcome.matches) == 1
    assert told(outcome) == [("MISSING_RIGHT", "c2", 900, True)]


def test_a_payment_reversed_on_every_side_matches(three, make_item) -> None:
    outcome = solve(*three, *(reversal(make_item, f"{item.id}r", item.side) for item in three))
    (match,) = outcome.matches
    assert len(match.members) == 6
    assert match.amount_minor == 100
    assert not outcome.breaks


@pytest.mark.parametrize(("lacking", "kind"), [("core", "MISSING_LEFT"), ("mobile", "MISSING_RIGHT")])
def test_a_reversal_that_a_side_lacks_opens_the_group(three, make_item, lacking: str, kind: str) -> None:
    reversals = [reversal(make_item, f"{item.id}r", item.side) for item in three if item.side != lacking]
    outcome = solve(*three, *reversals, horizon=PASSED)
    assert [(b.type.value, len(b.members), b.amount_minor) for b in outcome.breaks] == [(kind, 5, 100)]
    assert not outcome.matches


def test_one_sum_in_different_pieces_is_a_split(make_item) -> None:
    items = [
        make_item("c", "core", 300),
        make_item("g1", "gateway", 100),
        make_item("g2", "gateway", 200),
        make_item("m", "mobile", 300),
    ]
    assert told(solve(*items)) == [("SPLIT", "c g1 g2 m", 300, False)]


def test_an_unknown_side_is_refused(make_item) -> None:
    with pytest.raises(ReconcilerError, match="side 'bank'; three has the sides core, gateway, mobile"):
        solve(make_item("x", "bank"))
