import datetime as dt

import pytest

from reconciler.conservation import check
from reconciler.rules import parse_reconciliation
from reconciler.settlement import solve_settlement
from reconciler.types import Item, Outcome, Stage

RULES = parse_reconciliation(
    """name: payouts
version: 1
shape: settlement
sides: [{name: gateway}, {name: bank}]
fees: {ppm: 2500}
calendar: {grace: 2}
""",
    "payouts.yaml",
)
PASSED = dict.fromkeys(RULES.side_names, dt.datetime(2026, 4, 1, tzinfo=dt.UTC))


def solve(*items: Item, horizon=PASSED) -> Outcome:
    outcome = solve_settlement(RULES, "UTR1", items, horizon)
    check(items, outcome)
    return outcome


def kinds(outcome: Outcome) -> list[tuple[str, int, int]]:
    return [(b.type.value, len(b.members), b.amount_minor) for b in outcome.breaks]


@pytest.fixture
def gateway(make_item) -> list[Item]:
    """Gross 30,000.00, fees 708.00, a refund of 1,000.00: net 28,292.00."""
    return [
        make_item("p1", "gateway", 1_000_000, fee_minor=23_600),
        make_item("p2", "gateway", 2_000_000, fee_minor=47_200),
        make_item("r1", "gateway", -100_000, fee_minor=0),
    ]


NET = 2_829_200


def test_the_net_is_what_the_bank_credits(gateway, make_item) -> None:
    (match,) = solve(*gateway, make_item("b", "bank", NET)).matches
    assert (match.stage, match.amount_minor, len(match.members), match.final) == (Stage.SETTLEMENT, NET, 4, True)
    assert {reason.signal: reason.text for reason in match.reasons} == {
        "gross": "3000000 INR in 2 payments",
        "refunds": "100000 INR",
        "fees": "70800 INR",
        "net": "2829200 INR",
        "paid": "2829200 INR in 1 lines",
    }


def test_a_payout_in_two_credits_matches(gateway, make_item) -> None:
    assert len(solve(*gateway, make_item("b1", "bank", NET - 7), make_item("b2", "bank", 7)).matches[0].members) == 5


@pytest.mark.parametrize(
    ("short", "kind"),
    [(1, "FEE_VARIANCE"), (7_500, "FEE_VARIANCE"), (7_501, "AMOUNT"), (-7_500, "FEE_VARIANCE"), (NET // 20, "AMOUNT")],
)
def test_a_difference_is_a_question_of_fees_up_to_the_profile(gateway, make_item, short: int, kind: str) -> None:
    assert kinds(solve(*gateway, make_item("b", "bank", NET - short))) == [(kind, 4, abs(short))]


def test_no_payout_and_no_settlement(gateway, make_item) -> None:
    assert kinds(solve(*gateway, horizon=None)) == [("TIMING", 3, NET)]
    assert kinds(solve(*gateway)) == [("MISSING_RIGHT", 3, NET)]
    assert kinds(solve(make_item("b", "bank", 500), horizon=None)) == [("TIMING", 1, 500)]
    assert kinds(solve(make_item("b", "bank", 500))) == [("MISSING_LEFT", 1, 500)]


def test_a_payout_credited_twice(gateway, make_item) -> None:
    outcome = solve(*gateway, make_item("b1", "bank", NET), make_item("b2", "bank", NET, day=1))
    assert "b1" in {member.id for member in outcome.matches[0].members}
    assert kinds(outcome) == [("DUPLICATE", 1, NET)]


def test_refunds_that_use_up_the_payments_need_no_bank_line(make_item) -> None:
    outcome = solve(make_item("p", "gateway", 500), make_item("r", "gateway", -500))
    assert outcome.matches[0].amount_minor == 0
    assert not outcome.breaks


def test_pending_items_wait_and_failed_ones_do_not_count(gateway, make_item) -> None:
    waiting, failed = make_item("p9", "gateway", 900, status="PENDING"), make_item("b0", "bank", 77, status="FAILED")
    outcome = solve(*gateway, waiting, failed, make_item("b", "bank", NET))
    assert len(outcome.matches) == 1
    assert kinds(outcome) == [("TIMING", 1, 900)]
    assert [member.id for member in outcome.ignored] == ["b0"]


def test_another_currency_is_told_as_such(gateway, make_item) -> None:
    assert kinds(solve(*gateway, make_item("b", "bank", NET, currency="USD"))) == [("CURRENCY", 4, NET)]
