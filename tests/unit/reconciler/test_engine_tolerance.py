"""Tolerances: above and below, by currency, in days and business days; where a search may stop; widening loses nothing."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.calendar import BusinessCalendar
from reconciler.dispatch import solve
from reconciler.reconciliation import Pass, Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.tolerance import Allowance, Base, Tolerance
from reconciler.types import Decision, Item, Stage

MONDAY = dt.date(2026, 3, 2)
ASYMMETRIC = Tolerance(over=Allowance(absolute_minor={"INR": 10}), under=Allowance(ppm={"INR": 20_000, "*": 10_000}))


@pytest.mark.parametrize(
    ("amounts", "currency", "agree"),
    [
        ((1000, 1010), "INR", True),
        ((1000, 1011), "INR", False),
        ((1000, 980), "INR", True),
        ((1000, 979), "INR", False),
        ((1000, 1001), "USD", False),
        ((1000, 990), "USD", True),
        ((1000, 989), "USD", False),
        ((-1000, -1010), "INR", True),
        ((-1000, -1011), "INR", False),
        ((-1000, -980), "INR", True),
        ((5, -5), "INR", False),
        ((1000, 1005, 985), "INR", True),
        ((1000, 1005, 979), "INR", False),
    ],
)
def test_above_and_below_the_first_side_are_allowed_apart(amounts: tuple[int, ...], currency: str, agree: bool) -> None:
    assert ASYMMETRIC.within(amounts, currency) is agree


def test_a_rate_may_be_given_by_currency() -> None:
    tolerance = Tolerance(ppm={"INR": 1000, "*": 500})
    assert [tolerance.allowed_minor(1_000_000, currency) for currency in ("INR", "EUR")] == [1000, 500]


_rates = st.integers(0, 1_000_000)
_allowances = st.builds(
    Allowance, absolute_minor=st.fixed_dictionaries({"*": st.integers(0, 500)}), ppm=st.one_of(_rates, st.builds(dict, INR=_rates))
)
_tolerances = st.builds(
    Tolerance,
    absolute_minor=st.fixed_dictionaries({"INR": st.integers(0, 500)}),
    ppm=_rates,
    base=st.sampled_from(Base),
    over=st.one_of(st.none(), _allowances),
    under=st.one_of(st.none(), _allowances),
    days_before=st.integers(0, 4),
    days_after=st.integers(0, 4),
)
_amounts = st.one_of(st.integers(-2000, 2000), st.integers(-(10**12), 10**12))


@given(tolerance=_tolerances, first=_amounts, last=_amounts)
def test_nothing_within_a_tolerance_is_beyond_its_reach(tolerance: Tolerance, first: int, last: int) -> None:
    if tolerance.within((first, last), "INR"):
        assert abs(first - last) <= tolerance.allowed_between((first, last), "INR")
        if first * last >= 0:
            assert abs(first - last) <= min(tolerance.reach_minor(first, "INR"), tolerance.reach_minor(last, "INR"))


@given(amount=st.integers(1, 10**9), ppm=st.integers(0, 999_999), beyond=st.integers(-3, 0), base=st.sampled_from(Base))
def test_the_reach_holds_for_the_largest_counterpart_of_an_amount(amount: int, ppm: int, beyond: int, base: Base) -> None:
    counterpart = amount * 1_000_000 // (1_000_000 - ppm) + beyond
    tolerance = Tolerance(over=Allowance(ppm=ppm), under=Allowance(), base=base)
    if tolerance.within((amount, counterpart), "INR"):
        assert abs(counterpart - amount) <= tolerance.reach_minor(amount, "INR")


@given(tolerance=_tolerances, first=_amounts, last=_amounts)
def test_swapped_sides_with_swapped_directions_agree_alike(tolerance: Tolerance, first: int, last: int) -> None:
    over, under = tolerance.allowances
    bases = {Base.FIRST: Base.LAST, Base.LAST: Base.FIRST}
    swapped = replace(tolerance, over=under, under=over, base=bases.get(tolerance.base, tolerance.base))
    straight = replace(tolerance, over=over, under=under)
    assert straight.within((first, last), "INR") == swapped.within((last, first), "INR")


@given(tolerance=_tolerances, more=st.integers(0, 50_000), first=_amounts, last=_amounts)
def test_a_raised_rate_loses_no_pair(tolerance: Tolerance, more: int, first: int, last: int) -> None:
    assert not tolerance.within((first, last), "INR") or tolerance.at_least(more).within((first, last), "INR")


calendars = st.builds(
    BusinessCalendar,
    weekend=st.frozensets(st.integers(0, 6), max_size=6),
    holidays=st.frozensets(st.integers(-20, 60).map(lambda day: MONDAY + dt.timedelta(days=day)), max_size=8),
)


def naive_business_days(calendar: BusinessCalendar, first: dt.date, last: dt.date) -> int:
    """Step from the earlier day to the later one and count."""
    if last < first:
        return -naive_business_days(calendar, last, first)
    return sum(calendar.is_business_day(first + dt.timedelta(days=step)) for step in range(1, (last - first).days + 1))


@given(calendar=calendars, start=st.integers(0, 30), lag=st.integers(-20, 20), before=st.integers(0, 3), after=st.integers(0, 3))
def test_business_days_are_what_stepping_day_by_day_counts(
    calendar: BusinessCalendar, start: int, lag: int, before: int, after: int
) -> None:
    first = MONDAY + dt.timedelta(days=start)
    last = first + dt.timedelta(days=lag)
    counted = naive_business_days(calendar, first, last)
    assert calendar.days_from(first.toordinal(), last.toordinal()) == counted
    tolerance = Tolerance(days_before=before, days_after=after, business=calendar)
    earliest, latest = tolerance.day_window(first.toordinal())
    assert tolerance.within_days(first.toordinal(), last.toordinal()) == (-before <= counted <= after)
    assert (earliest <= last.toordinal() <= latest) == (-before <= counted <= after)


@pytest.mark.parametrize(("lag", "counted"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (-1, -1), (-4, -4), (-5, -5), (-6, -5)])
def test_a_weekend_does_not_count(lag: int, counted: int) -> None:
    friday = dt.date(2026, 3, 6).toordinal()
    assert BusinessCalendar().days_from(friday, friday + lag) == counted


TEXT = """name: books
version: 1
shape: statement
sides: [{name: ledger}, {name: bank}]
tolerance: {amount: {absolute_minor: {INR: 5}}, days: {before: 0, after: 3, business: true}}
stages:
  - {stage: tolerance, name: same day, tolerance: {days: {before: 0, after: 0}}}
  - {stage: tolerance, name: nearly}
"""


def matches(rules: Reconciliation, *items: Item) -> list[tuple[set[str], str | None]]:
    found = []
    for match in solve(rules, items, None).matches:
        named = [reason.text for reason in match.reasons if reason.signal == "rule"]
        found.append(({member.id for member in match.members}, named[0] if named else None))
    return found


def test_business_days_of_the_calendar_bound_a_book(make_item) -> None:
    # Friday 6 March; Wednesday is the third business day after it, and five days later.
    rules = parse_reconciliation(TEXT, "books.yaml")
    assert matches(rules, make_item("l", "ledger", day=4), make_item("b", "bank", day=9)) == [({"l", "b"}, "nearly")]
    assert matches(rules, make_item("l", "ledger", day=4), make_item("b", "bank", day=10)) == []
    holiday = parse_reconciliation(TEXT + "calendar: {holidays: [2026-03-09]}\n", "books.yaml")
    assert matches(holiday, make_item("l", "ledger", day=4), make_item("b", "bank", day=10)) == [({"l", "b"}, "nearly")]


def test_the_first_pass_that_finds_a_pair_wins_and_is_named(make_item) -> None:
    items = (make_item("l", "ledger", 100), make_item("other", "bank", 101), make_item("exact", "bank", 100, day=1))
    rules = parse_reconciliation(TEXT, "books.yaml")
    assert matches(rules, *items) == [({"l", "exact"}, "nearly")]
    loose_first = replace(rules, passes=(Pass(stage=rules.passes[0].stage, name="loose", tolerance=Tolerance(
        absolute_minor={"*": 5})), *rules.passes))  # fmt: skip
    assert matches(loose_first, *items) == [({"l", "other"}, "loose")]


def test_an_amount_that_a_later_pass_allows_is_no_break_yet(make_item) -> None:
    text = TEXT.replace("stages:\n", "stages:\n  - {stage: reference, name: strict, tolerance: {days: {after: 1}}}\n")
    rules = parse_reconciliation(text, "books.yaml")
    items = (make_item("l", "ledger", 100, key="INV0042X"), make_item("b", "bank", 104, key="INV0042X", day=1))
    assert matches(rules, *items) == [({"l", "b"}, "nearly")]


def test_an_amount_difference_is_reported_after_every_pass_by_reference_had_its_turn(make_item) -> None:
    text = TEXT.replace("stages:\n", "stages:\n  - {stage: reference, name: soon, tolerance: {days: {after: 1}}}\n"
                                      "  - {stage: reference, name: later, tolerance: {days: {after: 9}}}\n")  # fmt: skip
    items = (
        make_item("l", "ledger", 100, key="INV0042X", references=("UTR77777",)),
        make_item("wrong", "bank", 900, key="INV0042X"),
        make_item("b", "bank", 100, key="UTR77777", day=6),
    )
    assert matches(parse_reconciliation(text, "books.yaml"), *items) == [({"l", "b"}, "later")]


_book_items = st.lists(
    st.tuples(st.sampled_from(["ledger", "bank"]), st.integers(100, 106), st.integers(0, 6), st.sampled_from(["R1234567", None])),
    max_size=7,
)


@settings(max_examples=60)
@given(drawn=_book_items)
def test_a_pass_of_equal_amounts_before_a_wide_one_keeps_every_pair_of_it(drawn: list[tuple[str, int, int, str | None]]) -> None:
    noon = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    items = [
        Item(id=f"i{n}", side=side, account="a", amount_minor=amount, currency="INR", direction=1, key=key,
             booked_at=noon + dt.timedelta(days=day))
        for n, (side, amount, day, key) in enumerate(drawn)
    ]  # fmt: skip
    both = parse_reconciliation(TEXT.replace("same day", "exact").replace("after: 0}}", "after: 9}}"), "books.yaml")
    exact = replace(both, passes=both.passes[:1])
    alone = {match.members for match in solve(exact, items, None).matches}
    assert alone <= {match.members for match in solve(both, items, None).matches}


def test_the_budget_holds_for_books_that_learn_nothing(make_item) -> None:
    """A reference inside a narration is confirmed or suggested by what the operator accepts, without the learning stage."""
    items = [make_item("l", "ledger", 700, key="INV20260411"), make_item("b", "bank", 700, text="NEFT INV20260411 ACME")]
    text = "name: a\nversion: 1\nshape: statement\nsides: [{name: ledger}, {name: bank}]\n"
    for accepted, decision in ((25, Decision.AUTO), (0, Decision.SUGGESTED)):
        rules = parse_reconciliation(f"{text}learning: {{false_per_100k: {accepted}}}\n", "a.yaml")
        [match] = solve(rules, items, None).matches
        assert (match.stage, match.decision) == (Stage.TOLERANCE, decision)
