"""How numbers are written, and how long the bars are."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ageing import FULL, ageing_by_currency
from api.models import AgeBucket, Money, ReconciliationSummary
from api.presentation import break_meaning, break_name, days_text, money_text, since_text
from api.queries.explanation import read_nearest, read_reasons
from api.queries.sources import health_of
from api.queries.summary import AGES, rate_text
from reconciler.types import BreakType

NOW = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123_456_789, "EUR", "EUR 1,234,567.89"),
        (123_456_789, "INR", "INR 12,34,567.89"),
        (99_999, "INR", "INR 999.99"),
        (10_000_000_000, "INR", "INR 10,00,00,000.00"),
        (-1250, "EUR", "EUR −12.50"),
        (-5, "INR", "INR −0.05"),
        (1_234_567, "JPY", "JPY 1,234,567"),
        (1_234_567, "KWD", "KWD 1,234.567"),
        (1250, "??", "?? 1,250 minor units"),
    ],
)
def test_money_is_grouped_and_exact(minor: int, currency: str, text: str) -> None:
    assert money_text(Money.of(minor, currency)) == text


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(["EUR", "INR", "JPY", "KWD"]))
def test_no_digit_of_an_amount_is_lost(minor: int, currency: str) -> None:
    written = "".join(character for character in money_text(Money.of(minor, currency)) if character.isdigit())
    assert int(written) == abs(minor)


@pytest.mark.parametrize(
    ("ppm", "text"),
    [
        (None, "no records yet"),
        (0, "0.00 %"),
        (984_199, "98.41 %"),
        (999_999, "99.99 %"),
        (1_000_000, "100 %"),
        (50_000, "5.00 %"),
        (7_050, "0.70 %"),
    ],
)
def test_a_rate_is_never_rounded_up(ppm: int | None, text: str) -> None:
    assert rate_text(ppm) == text


def test_every_break_type_is_explained() -> None:
    for kind in BreakType:
        assert break_name(kind) != kind.value
        assert break_meaning(kind).endswith(".")


def test_times_are_told_in_one_unit() -> None:
    assert since_text(None, NOW) == "never"
    assert [since_text(NOW - dt.timedelta(seconds=s), NOW) for s in (1, 59, 61, 7200, 200_000)] == [
        "just now",
        "59 s ago",
        "1 min ago",
        "2 h ago",
        "2 d ago",
    ]
    assert [days_text(NOW.date() - dt.timedelta(days=d), NOW) for d in (-1, 0, 1, 2)] == ["today", "today", "1 day", "2 days"]


MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("success", "error", "health"),
    [
        (None, None, "waiting"),
        (None, NOW, "failing"),
        (NOW, NOW - MINUTE, "healthy"),
        (NOW - MINUTE, NOW, "failing"),
        (NOW - 5 * MINUTE, None, "healthy"),
        (NOW - 6 * MINUTE, None, "stale"),
    ],
)
def test_health(success: dt.datetime | None, error: dt.datetime | None, health: str) -> None:
    assert health_of(success, error, now=NOW, patience=5 * MINUTE) == health


def test_reasons_are_read_in_every_stored_form() -> None:
    for stored in ([["amount", "equal"]], [{"signal": "amount", "text": "equal"}], {"amount": "equal"}):
        (reason,) = read_reasons(stored)
        assert (reason.signal, reason.text) == ("amount", "equal")
    assert read_reasons(None) == []
    assert read_reasons(["plain"])[0].text == "plain"
    assert read_nearest(None) is None
    nearest = read_nearest({"id": "x", "differs": [["date", "2 days"]], "suspected": None})
    assert nearest is not None and nearest.differs[0].text == "2 days"


def summary_of(buckets: list[AgeBucket]) -> ReconciliationSummary:
    return ReconciliationSummary(
        name="r",
        shape="keyed",
        version=1,
        rules_digest="",
        records=0,
        matched=0,
        suggested=0,
        provisional=0,
        match_rate_ppm=None,
        match_rate="",
        breaks=[],
        ageing=buckets,
        oldest_open=None,
    )


amounts = st.integers(0, 2**62)


@given(st.lists(st.tuples(st.sampled_from(AGES), st.sampled_from(["EUR", "INR"]), amounts, amounts)))
def test_bars_add_up_and_fit(parts: list[tuple[str, str, int, int]]) -> None:
    buckets = [
        AgeBucket.model_validate(
            {"age": age, "count": 1, "open": Money.of(max(a, b), currency), "expected": Money.of(min(a, b), currency)}
        )
        for age, currency, a, b in parts
    ]
    charts = ageing_by_currency([summary_of(buckets[::2]), summary_of(buckets[1::2])])
    assert sum(chart.count for chart in charts) == len(parts)
    for chart in charts:
        assert [bar.age for bar in chart.bars] == list(AGES)
        total = sum(max(a, b) for _, currency, a, b in parts if currency == chart.currency)
        assert int(chart.total.minor_units) == total == sum(int(bar.open.minor_units) for bar in chart.bars)
        for bar in chart.bars:
            assert 0 <= bar.expected_length <= bar.length <= FULL
            assert (bar.length > 0) == (int(bar.open.minor_units) > 0)
