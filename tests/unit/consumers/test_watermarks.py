import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consumers.watermarks import Watermarks, latest_due_day
from reconciler.calendar import BusinessCalendar
from reconciler.rules import parse_reconciliation

RULES = parse_reconciliation(
    "name: any\nversion: 1\nshape: statement\nsides: [{name: ledger, sources: [core]}, {name: bank, sources: [icici, sbi]}]\n",
    "any.yaml",
)
EARLY, LATE = dt.datetime(2026, 3, 2, tzinfo=dt.UTC), dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
ONE_DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("marks", "account", "horizon"),
    [
        ({}, None, {}),
        ({("core", ""): EARLY}, None, {"ledger": EARLY}),
        ({("icici", ""): EARLY}, None, {}),  # sbi says nothing yet
        ({("icici", ""): LATE, ("sbi", ""): EARLY}, None, {"bank": EARLY}),  # the earliest source counts
        ({("icici", "A"): LATE, ("icici", "B"): EARLY, ("sbi", ""): LATE}, None, {"bank": EARLY}),
        # Of one account: only the sources that carry it are waited for.
        ({("icici", "A"): LATE, ("sbi", "B"): EARLY}, "A", {"bank": LATE}),
        ({("icici", "A"): LATE, ("sbi", "B"): EARLY}, "C", {}),
        ({("icici", "A"): LATE, ("sbi", ""): EARLY}, "A", {"bank": EARLY}),
        ({("icici", "A"): LATE}, "A", {"bank": LATE}),
        ({("icici", "A"): EARLY, ("icici", ""): LATE}, "A", {"bank": EARLY}),  # the account's own counts before the source's
        ({("icici", "B"): EARLY, ("icici", ""): LATE}, "A", {"bank": LATE}),
        ({("core", ""): EARLY, ("icici", ""): LATE, ("sbi", ""): LATE}, "A", {"ledger": EARLY, "bank": LATE}),
        ({("another", ""): EARLY}, None, {}),
    ],
)
def test_horizon(marks: dict[tuple[str, str], dt.datetime], account: str | None, horizon: dict[str, dt.datetime]) -> None:
    assert Watermarks(marks).horizon(RULES, account) == horizon


_days = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
_calendars = st.builds(
    BusinessCalendar,
    weekend=st.frozensets(st.integers(0, 6), max_size=6),
    holidays=st.frozensets(_days, max_size=12),
    grace=st.integers(0, 25),
)
_marks = st.integers(0, 364 * 24 * 60).map(lambda minutes: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes))


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)


@settings(max_examples=60)
@given(calendar=_calendars, mark=_marks)
@example(calendar=BusinessCalendar(grace=25), mark=EARLY)
@example(calendar=BusinessCalendar(grace=0), mark=EARLY)
@example(calendar=BusinessCalendar(weekend=frozenset({0, 1, 2, 3, 4, 5}), grace=6), mark=LATE)
@example(calendar=BusinessCalendar(holidays=frozenset(EARLY.date() - n * ONE_DAY for n in range(45))), mark=EARLY)
def test_the_latest_due_day_is_the_boundary(calendar: BusinessCalendar, mark: dt.datetime) -> None:
    """Counterparts of every day up to it are due, and of no later day: by asking `due_at` of each day."""
    latest = latest_due_day(calendar, mark)
    for ago in range(-2, 30):
        day = latest + ago * -ONE_DAY
        assert (calendar.due_at(midnight(day)) <= mark) == (day <= latest), day


@pytest.mark.parametrize(
    ("grace", "mark", "latest"),
    [
        (1, "2026-03-04T00:00:00+00:00", "2026-03-02"),  # Monday's are due at Tuesday's end
        (1, "2026-03-03T23:59:59+00:00", "2026-03-01"),
        (0, "2026-03-03T00:00:00+00:00", "2026-03-02"),
        (1, "2026-03-07T00:00:00+00:00", "2026-03-05"),  # Thursday's are due at Friday's end
        (1, "2026-03-09T00:00:00+00:00", "2026-03-05"),  # Friday's only at Monday's
        (1, "2026-03-10T00:00:00+00:00", "2026-03-08"),
    ],
)
def test_known_days(grace: int, mark: str, latest: str) -> None:
    assert latest_due_day(BusinessCalendar(grace=grace), dt.datetime.fromisoformat(mark)) == dt.date.fromisoformat(latest)


def test_a_mark_in_another_zone_is_the_same_moment() -> None:
    east = LATE.astimezone(dt.timezone(dt.timedelta(hours=14)))
    assert latest_due_day(BusinessCalendar(), east) == latest_due_day(BusinessCalendar(), LATE)


def test_a_source_that_is_complete_for_good() -> None:
    assert latest_due_day(BusinessCalendar(grace=5), dt.datetime.max.replace(tzinfo=dt.UTC)) >= dt.date(9000, 1, 1)
