import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import ConfigurationError
from producers.kit.reading.day_windows import IST, complete_through, day_windows, local_day

START = dt.date(2026, 1, 1)


@given(
    days=st.integers(min_value=0, max_value=120),
    read=st.none() | st.integers(min_value=0, max_value=120),
    overlap=st.integers(min_value=0, max_value=7),
    longer=st.integers(min_value=2, max_value=40),
)
def test_windows_cover_every_day_in_order(days: int, read: int | None, overlap: int, longer: int) -> None:
    today = START + dt.timedelta(days=days)
    through = None if read is None else START + dt.timedelta(days=min(read, days))
    windows = list(day_windows(through, today, start=START, overlap_days=overlap, window_days=overlap + longer))
    assert windows[0].first == (START if through is None else through - dt.timedelta(days=overlap))
    assert windows[-1].last == today
    for window in windows:
        assert 0 <= (window.last - window.first).days < overlap + longer
    for before, after in itertools.pairwise(windows):
        assert after.first == before.last - dt.timedelta(days=overlap)
        assert after.last > before.last


def test_a_start_in_the_future_has_no_window() -> None:
    assert list(day_windows(None, START, start=START + dt.timedelta(days=1), overlap_days=0, window_days=2)) == []


def test_windows_that_would_not_move_on_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="window_days"):
        list(day_windows(None, START, start=START, overlap_days=3, window_days=4))


def test_the_bank_s_day_ends_at_its_own_midnight() -> None:
    evening = dt.datetime(2026, 1, 1, 18, 30, tzinfo=dt.UTC)
    assert local_day(evening, IST) == dt.date(2026, 1, 2)
    assert local_day(evening - dt.timedelta(seconds=1), IST) == dt.date(2026, 1, 1)
    assert complete_through(dt.date(2026, 1, 2), IST, 0) == evening
    assert complete_through(dt.date(2026, 1, 2), IST, 1) == evening - dt.timedelta(days=1)
