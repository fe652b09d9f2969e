"""Comparing currencies: exact conversion, statement books across currencies, keyed groups, and rates that are missing."""

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.conservation import check
from reconciler.digest import decision_digest
from reconciler.dispatch import solve
from reconciler.errors import RulesError
from reconciler.fx import ForeignExchange, Quote
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.types import Item, Outcome, Stage
from reconciler.yaml_nodes import Origin

DECIMALS = {"INR": 2, "USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
BOOKS = """name: export
version: 1
shape: statement
sides: [{name: ledger}, {name: bank}]
tolerance: {days: {before: 1, after: 3}}
fx:
  base: INR
  rates:
    USD: {2026-03-02: "83.1250"}
    EUR: {2026-03-02: "90.5"}
    JPY: {2026-03-02: "0.5555"}
  source: the central bank
  tolerance_ppm: 1000
  days: 2
"""
KEYED = BOOKS.replace("statement", "keyed").replace("tolerance: {days: {before: 1, after: 3}}\n", "")
LATE = dict.fromkeys(("ledger", "bank"), dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
MAKE = Callable[..., Item]


def rules(text: str, files: dict[str, str] | None = None) -> Reconciliation:
    return parse_reconciliation(text, Origin("fx.yaml", DECIMALS, None if files is None else files.__getitem__))


def solved(*items: Item, text: str = BOOKS) -> Outcome:
    outcome = solve(rules(text), items, LATE)
    check(items, outcome)
    return outcome


def fx_reasons(outcome: Outcome) -> list[str]:
    return [reason.text for one in (*outcome.matches, *outcome.breaks) for reason in one.reasons if reason.signal == "fx"]


@given(
    amount=st.integers(0, 10**15),
    rate=st.decimals("0.000001", "100000", places=6),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    base=st.sampled_from(["INR", "JPY", "KWD"]),
)
def test_conversion_is_what_exact_decimal_arithmetic_gives(amount: int, rate: Decimal, currency: str, base: str) -> None:
    booked = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    quotes = {currency: (Quote(booked.date(), format(rate, "f"), "test"),)}
    fx = ForeignExchange(base=base, rates=quotes, decimals=DECIMALS)
    item = Item(id="a", side="l", account="", amount_minor=amount, currency=currency, direction=1, booked_at=booked)
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(amount).scaleb(-DECIMALS[currency]) * rate
        expected = int(exact.scaleb(DECIMALS[base]).quantize(Decimal(1), ROUND_HALF_UP)) if currency != base else amount
    assert fx.in_base(item) == expected


def test_a_pair_across_currencies_names_rate_date_and_source(make_item: MAKE) -> None:
    outcome = solved(
        make_item("l", "ledger", 831250, key="INV0042X"), make_item("b", "bank", 10000, currency="USD", key="INV0042X")
    )
    assert [(match.stage, match.amount_minor, match.currency) for match in outcome.matches] == [(Stage.REFERENCE, 831250, "INR")]
    assert fx_reasons(outcome) == ["10000 USD is 831250 INR: rate 83.1250 INR/USD of 2026-03-02, source the central bank"]
    assert not outcome.breaks


@pytest.mark.parametrize(("ledger", "matched"), [(831250, True), (832082, True), (832083, False), (830419, True), (830418, False)])
def test_the_tolerance_is_on_the_converted_amount(make_item: MAKE, ledger: int, matched: bool) -> None:
    outcome = solved(
        make_item("l", "ledger", ledger, key="INV0042X"), make_item("b", "bank", 10000, currency="USD", key="INV0042X")
    )
    assert bool(outcome.matches) is matched
    assert [one.type for one in outcome.breaks] == ([] if matched else ["AMOUNT"])


def test_two_currencies_that_are_both_not_the_base_meet_in_it(make_item: MAKE) -> None:
    # 100.00 EUR is 9,050.00 INR, and that is 16,291.63 JPY.
    outcome = solved(make_item("l", "ledger", 10000, currency="EUR"), make_item("b", "bank", 16292, currency="JPY", day=1))
    assert [match.currency for match in outcome.matches] == ["EUR"]
    assert len(fx_reasons(outcome)) == 2


def test_the_same_currency_comes_first(make_item: MAKE) -> None:
    outcome = solved(
        make_item("l", "ledger", 10000, currency="USD"),
        make_item("same", "bank", 10000, currency="USD", day=3),
        make_item("other", "bank", 831250),
    )
    assert [{member.id for member in match.members} for match in outcome.matches] == [{"l", "same"}]


def test_an_item_is_compared_with_one_other_currency_after_the_other(make_item: MAKE) -> None:
    outcome = solved(
        make_item("l", "ledger", 831250, key="INV42X"),
        make_item("dollars", "bank", 10000, currency="USD", key="INV42X"),
        make_item("euros", "bank", 9185, currency="EUR", key="INV42X"),
    )
    assert len(outcome.matches) == 1
    assert [(one.type, len(one.members)) for one in outcome.breaks] == [("MISSING_LEFT", 1)]


@pytest.mark.parametrize(("day", "found"), [(0, True), (2, True), (3, False)])
def test_a_rate_may_be_so_many_days_old(make_item: MAKE, day: int, found: bool) -> None:
    outcome = solved(
        make_item("l", "ledger", 831250, day=day, key="INV0042X"),
        make_item("b", "bank", 10000, day=day, currency="USD", key="INV0042X"),
    )
    assert bool(outcome.matches) is found
    if not found:
        (missing,) = outcome.breaks
        assert (missing.type, len(missing.members), missing.final) == ("CURRENCY", 2, True)
        assert "no rate INR/USD of 2026-03-05 or up to 2 days before" in fx_reasons(outcome)[1]


def test_an_item_without_a_rate_says_so_even_alone_and_only_where_one_was_needed(make_item: MAKE) -> None:
    foreign = make_item("b", "bank", 10000, currency="KWD")
    assert [one.type for one in solved(foreign).breaks] == ["MISSING_LEFT"]
    outcome = solved(foreign, make_item("l", "ledger", 5000))
    assert {(one.type, one.members[0].id) for one in outcome.breaks} == {("CURRENCY", "b"), ("MISSING_RIGHT", "l")}


def test_a_keyed_group_compares_converted_amounts_before_it_calls_them_a_currency_break(make_item: MAKE) -> None:
    def group(ledger: int) -> Outcome:
        return solved(
            make_item("l", "ledger", ledger, key="K1"), make_item("b", "bank", 10000, currency="USD", key="K1"), text=KEYED
        )

    agreed, apart = group(831300), group(900000)
    assert [(match.amount_minor, match.currency) for match in agreed.matches] == [(831300, "INR")]
    assert [one.type for one in apart.breaks] == ["CURRENCY"]
    assert fx_reasons(agreed) == fx_reasons(apart) != []


_currencies = st.sampled_from(["INR", "INR", "USD", "EUR", "KWD"])


@settings(max_examples=40)
@given(data=st.data(), shape=st.sampled_from([BOOKS.replace("before: 1", "before: 3"), KEYED]))
def test_neither_order_nor_side_matters_and_nothing_is_lost(data: st.DataObject, shape: str) -> None:
    booked = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    items = [
        Item(
            id=f"i{number}",
            side=data.draw(st.sampled_from(["ledger", "bank"])),
            account="acc",
            amount_minor=data.draw(st.sampled_from([100, 8313, 9050, 831250])),
            currency=data.draw(_currencies),
            direction=1,
            booked_at=booked + dt.timedelta(days=data.draw(st.integers(0, 4))),
            is_reversal=data.draw(st.sampled_from([False, False, False, True])),
            key=data.draw(st.sampled_from(["REF00000001", "REF00000002", None])),
        )
        for number in range(data.draw(st.integers(0, 7)))
    ]
    outcome = solve(rules(shape), items, LATE)
    check(items, outcome)
    assert decision_digest(outcome) == decision_digest(solve(rules(shape), data.draw(st.permutations(items)), LATE))
    mirrored = solve(rules(shape.replace("[{name: ledger}, {name: bank}]", "[{name: bank}, {name: ledger}]")), items, LATE)
    assert {match.members for match in outcome.matches} == {match.members for match in mirrored.matches}


RATES = "date,currency,rate,source\n2026-03-02,USD,83.1250,\n2026-03-01,USD,83,desk\n"


def test_rates_of_a_file_are_part_of_the_digest_and_kept(make_item: MAKE) -> None:
    text = BOOKS[: BOOKS.index("  rates:")] + "  rates: rbi.csv\n"
    one, other = (rules(text, {"rbi.csv": rates}) for rates in (RATES, RATES.replace("83.1250", "83.1251")))
    assert one.digest != other.digest
    assert one.digest == rules(text, {"rbi.csv": RATES.replace("\n", "\r\n")}).digest
    assert rules(one.text, dict(one.attachments)).digest == one.digest
    assert one.fx is not None
    assert [(quote.text, quote.source) for quote in one.fx.rates["USD"]] == [("83", "desk"), ("83.1250", "rbi.csv")]


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ("date,currency\n", "rbi.csv:1: lacks the columns rate"),
        ("date,currency,rate\n2026-03-02,USDD,1\n", "rbi.csv:2: 'USDD' is no currency"),
        ("date,currency,rate\n02/03/2026,USD,1\n", "rbi.csv:2: '02/03/2026' is no date"),
        ("date,currency,rate\n2026-03-02,USD,0\n", "rbi.csv:2: '0' is no rate"),
        ("date,currency,rate\n2026-03-02,USD,1e3\n", "rbi.csv:2: '1e3' is no rate"),
        ("date,currency,rate\n2026-03-02,USD,1\n2026-03-02,USD,2\n", "rbi.csv:3: has a second rate of USD"),
        ("date,currency,rate\n2026-03-02,INR,1\n", "fx.yaml:8: `rates` has rates of INR, which is the base"),
        ("date,currency,rate\n", "fx.yaml:8: `rates` has no rate"),
    ],
)
def test_wrong_rates_are_refused_by_line(rates: str, message: str) -> None:
    with pytest.raises(RulesError, match=message):
        rules(BOOKS[: BOOKS.index("  rates:")] + "  rates: rbi.csv\n", {"rbi.csv": rates})


SETTLEMENT = """name: export-payouts
version: 1
shape: settlement
sides: [{name: gateway}, {name: bank}]
fees: {ppm: 1000}
fx:
  base: INR
  rates: {USD: {2026-03-02: "83.1250"}, EUR: {2026-03-02: "90.5"}}
  source: the central bank
  tolerance_ppm: 1000
  days: 2
"""


def settled(*items: Item, text: str = SETTLEMENT) -> Outcome:
    return solved(*items, text=text)


def payments(make_item: MAKE) -> list[Item]:
    """100.00 and 50.00 USD less 3.00 and 1.50: 145.50 USD are 12,094.6875 INR."""
    return [
        make_item("p1", "gateway", 10_000, key="UTR1", currency="USD", fee_minor=300),
        make_item("p2", "gateway", 5_000, key="UTR1", currency="USD", fee_minor=150),
    ]


@pytest.mark.parametrize(
    ("paid", "kind", "gap"),
    [(1_209_469, None, 0), (1_208_300, None, 0), (1_208_200, "FEE_VARIANCE", 1_269), (1_200_000, "CURRENCY", 9_469)],
)
def test_a_payout_in_another_currency_is_compared_at_the_rate(make_item: MAKE, paid: int, kind: str | None, gap: int) -> None:
    text = SETTLEMENT.replace("fees: {ppm: 1000}", "fees: {ppm: 1100}")
    outcome = settled(*payments(make_item), make_item("b", "bank", paid, key="UTR1"), text=text)
    if kind is None:
        (match,) = outcome.matches
        assert (match.amount_minor, match.currency, match.stage) == (14_550, "USD", Stage.SETTLEMENT)
        assert fx_reasons(outcome)[0] == "10000 USD is 831250 INR: rate 83.1250 INR/USD of 2026-03-02, source the central bank"
        assert {reason.text for reason in match.reasons if reason.signal == "converted"} == {f"net 1209469 INR, paid {paid} INR"}
    else:
        (broken,) = outcome.breaks
        assert (broken.type, broken.amount_minor, broken.currency) == (kind, gap, "INR")


def test_a_payout_of_payments_in_two_currencies_is_decided_in_the_base(make_item: MAKE) -> None:
    euros = make_item("p3", "gateway", 1_000, key="UTR1", currency="EUR")
    outcome = settled(*payments(make_item), euros, make_item("b", "bank", 1_299_969, key="UTR1"))
    assert [(one.amount_minor, one.currency) for one in outcome.matches] == [(1_299_969, "INR")]
    assert [(one.type, one.amount_minor, one.currency) for one in settled(*payments(make_item), euros).breaks] == [
        ("MISSING_RIGHT", 1_000, "EUR"),
        ("MISSING_RIGHT", 14_550, "USD"),
    ]


def test_a_payout_that_has_no_rate_says_so(make_item: MAKE) -> None:
    late = [make_item(f"p{day}", "gateway", 10_000, key="UTR1", currency="USD", day=day) for day in (0, 3)]
    outcome = settled(*late, make_item("b", "bank", 1_662_500, key="UTR1"))
    assert [one.type for one in outcome.breaks] == ["CURRENCY"]
    assert fx_reasons(outcome) == [
        "no rate INR/USD of 2026-03-05 or up to 2 days before, so 10000 USD cannot be compared",
    ]
    plain = settled(*late, make_item("b", "bank", 1_662_500, key="UTR1"), text=SETTLEMENT[: SETTLEMENT.index("fx:")])
    assert [(one.type, one.amount_minor, one.currency) for one in plain.breaks] == [("CURRENCY", 20_000, "USD")]


def test_a_converted_payout_that_is_credited_twice(make_item: MAKE) -> None:
    twice = [make_item(name, "bank", 1_209_469, key="UTR1", day=day) for day, name in enumerate(("b1", "b2"))]
    outcome = settled(*payments(make_item), *twice)
    assert [(one.type, one.members[0].id) for one in outcome.breaks] == [("DUPLICATE", "b2")]
    assert len(outcome.matches) == 1


@settings(max_examples=40, deadline=None)
@given(amounts=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
def test_a_converted_sum_is_rounded_once(make_item: MAKE, amounts: list[int]) -> None:
    fx = rules(SETTLEMENT).fx
    assert fx is not None
    item = make_item("a", "gateway", 1, currency="USD")
    expected = (Decimal(sum(amounts)) * Decimal("83.1250")).quantize(Decimal(1), ROUND_HALF_UP)
    assert fx.total_in_base((item, amount) for amount in amounts) == expected
