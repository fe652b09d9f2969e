"""Reading by time gives every content of every record once, whatever the order, the repetition or the delay within the overlap."""

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from producers.errors import ConfigurationError
from producers.kit.contract import BadRecord
from producers.kit.reading.incremental import Incremental, TimeWindow
from schemas.records import CanonicalTransaction, Direction

BEGIN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
OVERLAP = 90
HOUR = 60 * MINUTE


def moment(minutes: int) -> dt.datetime:
    return BEGIN + minutes * MINUTE


def record(number: int, text: str = "", revision: int = 0) -> CanonicalTransaction:
    return CanonicalTransaction(
        txn_id=f"a:{number}",
        revision=revision,
        source="s",
        account_id="a",
        amount_minor=number,
        currency="EUR",
        direction=Direction.CREDIT,
        booked_at=BEGIN,
        description=text,
        ingested_at=BEGIN,
    )


@dataclass(frozen=True)
class Arrival:
    """Content `text` of a record, with the time that the provider lists it by, and the minute from which it is listed."""

    number: int
    text: str
    time: int
    listed_from: int


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arrival]:
    """Records with late arrivals and later changes of content; each arrives within the overlap of its time."""
    found = []
    for number in range(draw(st.integers(0, 6))):
        # Few times, so that many records share one and lie on the boundary of a window.
        time = draw(st.integers(0, 20)) * 15
        delays = draw(st.lists(st.integers(0, OVERLAP - 1), min_size=1, max_size=2))
        found += [Arrival(number, f"v{version}", time, time + delay) for version, delay in enumerate(delays)]
    return found


def listed(rows: list[Arrival], window: TimeWindow, at: int) -> list[Arrival]:
    """What the provider lists at minute `at`: the latest content of each record, filtered by time."""
    latest: dict[int, Arrival] = {}
    for row in sorted((row for row in rows if row.listed_from < at), key=lambda row: row.text):
        latest[row.number] = row
    return [row for row in latest.values() if window.start <= moment(row.time) < window.end]


@settings(max_examples=80, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # shrinking it takes minutes
@given(rows=arrivals(), polls=st.lists(st.integers(1, 60), max_size=12), longest=st.sampled_from([None, 20, 240]), data=st.data())
def test_each_content_is_published_once(rows: list[Arrival], polls: list[int], longest: int | None, data: st.DataObject) -> None:
    state: dict[str, object] = {}
    out: list[tuple[str, int, str | None]] = []
    listings: Counter[Arrival] = Counter()
    through = None
    at = 0
    for pause in [1, *polls, 500, 1]:
        at += pause
        cut = data.draw(st.booleans())
        incremental = Incremental(state, overlap=OVERLAP * MINUTE)
        for window in incremental.windows(moment(at), start=BEGIN, longest=None if longest is None else longest * MINUTE):
            page = data.draw(st.permutations([*listed(rows, window, at)] * data.draw(st.integers(1, 2))))
            listings.update(set(page))
            for row in page:
                taken = incremental.take(record(row.number, row.text), moment(row.time))
                out += [(taken.txn_id, taken.revision, taken.description)] if taken else []
            state = json.loads(json.dumps(incremental.to_json()))
            if cut:
                break
            incremental.complete(window.end)
            state = json.loads(json.dumps(incremental.to_json()))
        if incremental.through is not None:
            assert through is None or incremental.through >= through
            through = incremental.through
    assert Counter((f"a:{row.number}", row.text) for row in listings) == Counter((txn, text) for txn, _, text in out)
    for number in {row.number for row in rows}:
        revisions = [revision for txn, revision, _ in out if txn == f"a:{number}"]
        assert revisions == list(range(len(revisions)))


@settings(max_examples=60)
@given(rows=arrivals(), pauses=st.lists(st.integers(1, OVERLAP), max_size=12))
def test_nothing_that_arrives_within_the_overlap_is_missed(rows: list[Arrival], pauses: list[int]) -> None:
    # Each record has one content here: an older content may be gone before it is ever listed.
    rows = [row for row in rows if row.text == "v0"]
    state: dict[str, object] = {}
    found: Counter[str] = Counter()
    at = 0
    for pause in [*pauses, 500]:
        at += pause
        incremental = Incremental(state, overlap=OVERLAP * MINUTE)
        for window in incremental.windows(moment(at), start=BEGIN):
            taken = [incremental.take(record(row.number), moment(row.time)) for row in listed(rows, window, at)]
            found.update(one.txn_id for one in taken if one)
            incremental.complete(window.end)
        state = incremental.to_json()
    assert found == Counter(f"a:{row.number}" for row in rows)


@settings(max_examples=60)
@given(times=st.lists(st.integers(1, 600), min_size=1, max_size=6, unique=True), pauses=st.lists(st.integers(1, 200), max_size=8))
def test_a_record_whose_time_moves_with_each_change_ends_at_its_last_revision(times: list[int], pauses: list[int]) -> None:
    state: dict[str, object] = {}
    out: list[tuple[int, str | None]] = []
    at = 0
    for pause in [*pauses, 700]:
        at += pause
        incremental = Incremental(state, overlap=OVERLAP * MINUTE, versioned=True)
        for window in incremental.windows(moment(at), start=BEGIN):
            changed = max((time for time in times if time < at), default=None)
            if changed is not None and window.start <= moment(changed) < window.end:
                taken = incremental.take(record(1, f"changed at {changed}", changed), moment(changed))
                out += [(taken.revision, taken.description)] if taken else []
            incremental.complete(window.end)
        state = incremental.to_json()
    assert out == sorted(set(out)), "each revision once, in order"
    assert out[-1] == (max(times), f"changed at {max(times)}")


def test_the_windows_have_no_gap_and_reach_back_by_the_overlap() -> None:
    incremental = Incremental(overlap=2 * HOUR)
    first = list(incremental.windows(moment(600), start=BEGIN, longest=4 * HOUR))
    assert [(window.start, window.end) for window in first] == [
        (moment(0), moment(240)),
        (moment(240), moment(480)),
        (moment(480), moment(600)),
    ]
    incremental.complete(moment(600))
    assert list(incremental.windows(moment(660), start=BEGIN)) == [TimeWindow(moment(480), moment(660))]


def test_a_clock_that_goes_back_moves_nothing_back() -> None:
    incremental = Incremental({"through": moment(600).isoformat()}, overlap=HOUR)
    [window] = incremental.windows(moment(100), start=BEGIN)
    assert window == TimeWindow(moment(540), moment(600))
    incremental.complete(moment(100))
    assert incremental.through == moment(600)


def test_a_start_in_the_future_reads_nothing() -> None:
    assert list(Incremental().windows(BEGIN, start=moment(1))) == []


def test_a_content_that_comes_back_is_a_change_again() -> None:
    incremental = Incremental()
    taken = [incremental.take(record(1, text), BEGIN) for text in ("a", "b", "b", "a")]
    assert [one.revision if one else None for one in taken] == [0, 1, None, 2]


def test_the_providers_own_revision_is_published_as_it_is() -> None:
    incremental = Incremental(versioned=True)
    taken = [incremental.take(record(1, text, revision), BEGIN) for text, revision in (("a", 7), ("b", 9), ("b", 9), ("a", 7))]
    assert [one.revision if one else None for one in taken] == [7, 9, None, 7]


def test_what_the_provider_gave_last_is_remembered_however_old_it_is() -> None:
    incremental = Incremental(overlap=HOUR)
    assert incremental.take(record(1), moment(0)) is not None
    incremental.complete(moment(6000))
    assert incremental.take(record(1), moment(0)) is None
    incremental.complete(moment(6000))
    incremental.complete(moment(6000))
    assert incremental.to_json()["seen"] == {}


def test_a_record_that_is_touched_without_a_change_is_remembered_at_its_new_time() -> None:
    incremental = Incremental(overlap=HOUR)
    incremental.take(record(1), moment(0))
    incremental.take(record(1), moment(6000))
    incremental.complete(moment(6000))
    incremental.complete(moment(6001))
    assert incremental.take(record(1), moment(6000)) is None


def test_bad_records_come_once_and_again_when_they_differ() -> None:
    bad = BadRecord("amount", "no amount", "/entries#1", b"{}")
    incremental = Incremental()
    assert incremental.take_bad(bad, BEGIN) == bad
    again = Incremental(json.loads(json.dumps(incremental.to_json())))
    assert again.take_bad(bad, BEGIN) is None
    assert again.take_bad(replace(bad, raw=b"[]"), BEGIN) is not None


def test_more_than_can_be_remembered_is_refused() -> None:
    incremental = Incremental(limit=2)
    incremental.take(record(1), BEGIN)
    incremental.take(record(2), BEGIN)
    incremental.take(record(2, "changed"), BEGIN)
    with pytest.raises(ConfigurationError, match="more than 2 records"):
        incremental.take(record(3), BEGIN)
