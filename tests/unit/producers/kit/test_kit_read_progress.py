"""Progress through a listing by day, over a restart."""

import datetime as dt
import json
from typing import Any

import pytest

from producers.errors import ConfigurationError
from producers.kit.reading.read_progress import ReadProgress

TODAY = dt.date(2026, 11, 20)


def test_it_is_the_same_after_a_restart() -> None:
    progress = ReadProgress(TODAY, complete_through=dt.datetime(2026, 11, 19, 18, 30, tzinfo=dt.UTC))
    progress.days.take(TODAY, [])
    restored = ReadProgress.load(json.loads(json.dumps(progress.dump())))
    assert (restored.read_through, restored.complete_through) == (TODAY, progress.complete_through)
    assert restored.days.get(TODAY) == progress.days.get(TODAY) is not None
    assert ReadProgress.load({}).dump() == ReadProgress().dump()


@pytest.mark.parametrize(
    ("read_through", "first"),
    [(None, dt.date(2026, 10, 21)), (dt.date(2026, 11, 18), dt.date(2026, 11, 15)), (dt.date(2026, 12, 24), dt.date(2026, 11, 17))],
)
def test_a_poll_begins_before_what_was_read_and_never_after_today(read_through: dt.date | None, first: dt.date) -> None:
    assert ReadProgress(read_through).first_day(TODAY, start_days=30, overlap_days=3) == first


@pytest.mark.parametrize("stored", [{"read_through": "yesterday"}, {"days": [1]}, {"complete_through": 5}, 7])
def test_a_foreign_cursor_is_named(stored: Any) -> None:
    with pytest.raises(ConfigurationError, match="reset the source's cursor"):
        ReadProgress.load(stored)
