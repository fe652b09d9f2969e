"""The trickle of a live sandbox: grows with time, is the same in every run, and has labels of its own."""

import datetime as dt

import pytest

from producers.sandbox.live import LIVE_PER_SECOND, LiveTrickle
from producers.sandbox.world import SeededWorld

START = dt.datetime(2026, 3, 4, 10, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def test_five_payments_a_second_on_every_side() -> None:
    trickle = LiveTrickle(3, START)
    assert not trickle.feed("core", START - MINUTE)
    for feed in ("core", "gateway", "mobile"):
        count = len(trickle.feed(feed, START + MINUTE))
        assert 60 * LIVE_PER_SECOND - 20 <= count <= 60 * LIVE_PER_SECOND + 1


@pytest.mark.parametrize("steps", [[1, 2, 3, 60], [60], [30, 10, 60]])
def test_what_is_seen_does_not_depend_on_who_looked_before(steps: list[int]) -> None:
    trickle = LiveTrickle(3, START)
    for seconds in steps:
        seen = list(trickle.feed("mobile", START + dt.timedelta(seconds=seconds)))
    assert seen == list(LiveTrickle(3, START).feed("mobile", START + MINUTE))
    assert all(record.visible_at <= START + MINUTE for record in seen)


def test_nothing_arrives_before_what_was_seen() -> None:
    trickle = LiveTrickle(3, START)
    first = trickle.feed("core", START + MINUTE)
    assert list(trickle.feed("core", START + 2 * MINUTE))[: len(first)] == list(first)


def test_labels_come_with_the_last_side() -> None:
    trickle = LiveTrickle(3, START)
    truth = trickle.truth(START + MINUTE)
    visible = {(feed, r.record_id) for feed in ("core", "gateway", "mobile") for r in trickle.feed(feed, START + MINUTE)}
    assert truth.matches and truth.breaks
    assert all(label.members <= visible for label in (*truth.matches, *truth.breaks))


def test_the_world_has_the_trickle_only_when_it_is_live() -> None:
    as_of = START.date()
    still = SeededWorld(3, as_of, 200)
    live = SeededWorld(3, as_of, 200, live=True, live_from=START)
    assert len(still.feed("core", START + MINUTE)) == len(still.feed("core", START))
    added = set(live.feed("core", START + MINUTE)) - set(still.feed("core", START))
    assert added and all(record.booked_at >= START for record in added)
    assert len(live.truth(START + MINUTE).matches) > len(still.truth(START + MINUTE).matches)
