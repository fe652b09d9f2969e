import datetime as dt

import pytest

from reconciler.calendar import BusinessCalendar
from reconciler.due import all_passed, is_overdue

FRIDAY = dt.datetime(2026, 3, 6, 23, 59, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("calendar", "due"),
    [
        (BusinessCalendar(grace=0), dt.datetime(2026, 3, 7, tzinfo=dt.UTC)),
        (BusinessCalendar(grace=1), dt.datetime(2026, 3, 10, tzinfo=dt.UTC)),
        (BusinessCalendar(grace=1, weekend=frozenset()), dt.datetime(2026, 3, 8, tzinfo=dt.UTC)),
        (BusinessCalendar(grace=1, holidays=frozenset({dt.date(2026, 3, 9)})), dt.datetime(2026, 3, 11, tzinfo=dt.UTC)),
    ],
)
def test_due_at_is_the_end_of_the_last_business_day_of_grace(calendar: BusinessCalendar, due: dt.datetime) -> None:
    assert calendar.due_at(FRIDAY) == due


def test_the_booking_date_is_the_date_in_utc() -> None:
    india = dt.timezone(dt.timedelta(hours=5, minutes=30))
    assert BusinessCalendar(grace=0).due_at(dt.datetime(2026, 3, 3, 2, tzinfo=india)) == dt.datetime(2026, 3, 3, tzinfo=dt.UTC)


def test_nothing_is_overdue_without_a_watermark(make_item) -> None:
    calendar, items = BusinessCalendar(grace=0), [make_item("a", "left")]
    late = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    assert not is_overdue(calendar, None, "right", items)
    assert not is_overdue(calendar, {"left": late}, "right", items)
    assert is_overdue(calendar, {"right": late}, "right", items)
    assert not all_passed(calendar, {"right": late}, ("left", "right"), items)


def test_the_watermark_must_reach_the_due_date_itself(make_item) -> None:
    items, calendar = [make_item("a", "left")], BusinessCalendar(grace=0)
    due = dt.datetime(2026, 3, 3, tzinfo=dt.UTC)
    assert is_overdue(calendar, {"right": due}, "right", items)
    assert not is_overdue(calendar, {"right": due - dt.timedelta(microseconds=1)}, "right", items)
