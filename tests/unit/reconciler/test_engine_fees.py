"""Fee profiles: what a payment may cost by source, channel and type, with tax, and what that makes of a difference."""

import pytest

from reconciler.dispatch import solve
from reconciler.fees import FeeProfile, FeeTerms
from reconciler.rules import parse_reconciliation

CARDS = FeeTerms(name="cards", channel=("CARD",), ppm=20_000, tax_ppm=180_000)
WIRES = FeeTerms(name="wires", transaction_type=("TRANSFER",), absolute_minor={"INR": 1500, "*": 10})
ANYTHING = FeeTerms(name="anything", ppm=1000)


def test_a_payment_costs_its_terms_and_the_tax_on_them(make_item) -> None:
    card = make_item("a", "gateway", 99_999, channel="CARD")
    assert CARDS.fee_minor(card) == 1999 + 359
    assert WIRES.fee_minor(make_item("a", "gateway", 5, currency="USD")) == 10


def test_the_dearest_terms_that_apply_count_for_each_payment(make_item) -> None:
    profile = FeeProfile(absolute_minor={"INR": 7}, terms=(CARDS, WIRES, ANYTHING))
    items = [
        make_item("a", "gateway", 100_000, channel="CARD"),
        make_item("b", "gateway", 100_000, channel="UPI"),
        make_item("c", "gateway", 100_000, transaction_type="TRANSFER", channel="CARD"),
    ]
    assert profile.explained_minor(items) == 7 + 2360 + 100 + 2360
    assert profile.named(items) == "anything for 1, cards for 2"
    assert profile.explained_minor(()) == 0


def test_terms_of_a_source_are_for_its_payments_alone(make_item) -> None:
    terms = FeeTerms(name="stripe", sources=("stripe",), ppm=29_000)
    assert terms.apply_to(make_item("a", "gateway", 1, source="stripe"))
    assert not terms.apply_to(make_item("a", "gateway", 1, source="razorpay"))


SETTLEMENT = """name: payouts
version: 1
shape: settlement
sides: [{name: gateway}, {name: bank}]
fees:
  profiles:
    - {name: cards, channel: [CARD], ppm: 20000, tax_ppm: 180000}
    - {name: upi, channel: [UPI], ppm: 0, absolute_minor: {INR: 1}}
"""


@pytest.mark.parametrize(("paid", "kind"), [(197_639, "FEE_VARIANCE"), (197_638, "AMOUNT"), (202_361, "FEE_VARIANCE")])
def test_a_settlement_is_short_by_fees_or_by_money(make_item, paid: int, kind: str) -> None:
    outcome = solve(
        parse_reconciliation(SETTLEMENT, "payouts.yaml"),
        [
            make_item("card", "gateway", 100_000, channel="CARD", key="UTR1"),
            make_item("upi", "gateway", 100_000, channel="UPI", key="UTR1"),
            make_item("payout", "bank", paid, key="UTR1"),
        ],
        None,
    )
    (found,) = outcome.breaks
    assert found.type == kind
    assert ("fee profile", "explains up to 2361 INR (cards for 1, upi for 1)") in {(one.signal, one.text) for one in found.reasons}
