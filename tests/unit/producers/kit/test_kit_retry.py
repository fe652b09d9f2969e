import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.kit.http.retry import RetryPolicy, retry_after_seconds

NOW = dt.datetime(2026, 1, 15, 12, 0, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Thu, 15 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 15 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_breaks_it(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or seconds >= 0


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 100))
def test_waits_at_least_as_asked_and_at_most_the_cap(failures: int, draw: float, asked: float | None) -> None:
    policy = RetryPolicy(base_seconds=0.5, cap_seconds=30, draw=lambda: draw)
    wait = policy.wait(failures, asked)
    if asked is not None and asked > 30:
        assert wait is None
    else:
        assert wait is not None
        assert (asked or 0) <= wait <= 30


def test_the_ceiling_doubles() -> None:
    policy = RetryPolicy(base_seconds=0.5, cap_seconds=3, draw=lambda: 1.0)
    assert [policy.backoff(failures) for failures in (1, 2, 3, 4, 99)] == [0.5, 1, 2, 3, 3]
