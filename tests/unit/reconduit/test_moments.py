import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconduit.errors import SettingsError
from reconduit.moments import parse_moment

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text", ["2026-11-20T12:00:00Z", "2026-11-20T17:30:00+05:30", "2026-11-20 12:00+00:00", "20261120T120000Z"]
)
def test_one_moment_in_many_forms(text: str) -> None:
    moment = parse_moment(text)
    assert moment == NOON
    assert moment.tzinfo is dt.UTC


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-20T25:00:00Z", "20.11.2026", "1732104000", "2026-02-30T00:00:00Z"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(SettingsError, match="is no ISO 8601 time, such as"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T12:00:00"])
def test_a_time_without_a_zone_is_not_guessed_at(text: str) -> None:
    with pytest.raises(SettingsError, match="no time zone; add Z for UTC"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_that_utc_does_not_have(text: str) -> None:
    with pytest.raises(SettingsError, match="ISO 8601"):
        parse_moment(text)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_an_error(text: str) -> None:
    try:
        assert parse_moment(text).utcoffset() == dt.timedelta(0)
    except SettingsError as error:
        assert repr(text) in str(error)
