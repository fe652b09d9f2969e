"""What an overlapping fetch publishes: nothing twice that is known, everything that is not."""

import datetime as dt
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from producers.kit.contract import BadRecord
from producers.kit.reading.overlap import PublishedDays, fingerprint, published, unpublished_from
from schemas.records import CanonicalTransaction, Direction

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 19)


def record(number: int) -> CanonicalTransaction:
    return CanonicalTransaction(
        txn_id=f"a:{number}",
        source="s",
        account_id="a",
        amount_minor=number,
        currency="INR",
        direction=Direction.CREDIT,
        booked_at=NOW,
        ingested_at=NOW,
    )


def test_time_and_place_of_the_fetch_are_no_content():
    first = record(1)
    again = replace(first, ingested_at=NOW + dt.timedelta(hours=1), raw_ref="other#7")
    assert fingerprint(first) == fingerprint(again)


def test_any_other_field_is_content():
    assert fingerprint(record(1)) != fingerprint(replace(record(1), description="corrected"))


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_appended_records_alone_are_unpublished(before: list[int], after: list[int]):
    known = published([record(n) for n in before])
    whole = [record(n) for n in before + after]
    assert unpublished_from(whole, known) == len(before)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8, unique=True), st.data())
def test_a_record_that_comes_late_into_the_middle_publishes_the_day_again(numbers: list[int], data: st.DataObject):
    known = published([record(n) for n in numbers])
    place = data.draw(st.integers(0, len(numbers) - 1))
    whole = [record(n) for n in [*numbers[:place], 99, *numbers[place:]]]
    assert unpublished_from(whole, known) == 0


def test_a_day_that_lost_records_is_published_again():
    known = published([record(1), record(2)])
    assert unpublished_from([record(1)], known) == 0


def test_bad_records_count_as_published():
    bad = BadRecord("amount", "no amount", "/x#1", b"{}")
    assert unpublished_from([bad, record(1)], published([bad])) == 1


def test_memory_survives_json_and_keeps_what_is_not_final_longer():
    days = PublishedDays()
    days.take(DAY, [record(1), record(2)], final=True)
    days.take(DAY + dt.timedelta(days=1), [record(3)])
    restored = PublishedDays(json.loads(json.dumps(days.to_json())))
    assert restored.get(DAY) == published([record(1), record(2)], final=True)
    assert restored.not_final() == [DAY + dt.timedelta(days=1)]
    restored.forget_before(DAY + dt.timedelta(days=5), not_final_before=DAY)
    assert restored.get(DAY) is None
    assert restored.get(DAY + dt.timedelta(days=1)) is not None


def take(days: PublishedDays, day: dt.date, *records: CanonicalTransaction | BadRecord) -> list[tuple[str, int]]:
    """What is published of a day, by a process that has just started."""
    restored = PublishedDays(json.loads(json.dumps(days.to_json())))
    taken = restored.take(day, records)
    vars(days).update(vars(restored))
    return [(found.txn_id, found.revision) for found in taken if isinstance(found, CanonicalTransaction)]


def test_each_correction_under_an_id_has_the_next_revision():
    days, wrong = PublishedDays(), replace(record(1), description="wrong")
    assert take(days, DAY, wrong, record(2)) == [("a:1", 0), ("a:2", 0)]
    assert take(days, DAY, record(1), record(2)) == [("a:1", 1), ("a:2", 0)]
    assert take(days, DAY, record(1), record(2)) == []
    assert take(days, DAY, wrong, record(2)) == [("a:1", 2), ("a:2", 0)]


def test_a_record_keeps_its_revision_when_its_day_is_published_again():
    days = PublishedDays()
    take(days, DAY, replace(record(1), description="wrong"))
    take(days, DAY, record(1))
    assert take(days, DAY, record(9), record(1)) == [("a:9", 0), ("a:1", 1)]
    assert take(days, DAY, record(9)) == [("a:9", 0)]
    assert take(days, DAY, record(9), record(1)) == [("a:1", 1)]


def test_a_correction_that_moves_a_record_to_another_day_is_one():
    days = PublishedDays()
    take(days, DAY, record(1))
    moved = replace(record(1), booked_at=NOW + dt.timedelta(days=1))
    take(days, DAY)
    assert take(days, DAY + dt.timedelta(days=1), moved) == [("a:1", 1)]
    assert take(days, DAY + dt.timedelta(days=1), moved) == []


def test_a_cursor_of_before_there_were_versions_is_read():
    known = published([record(1)])
    days = PublishedDays({DAY.isoformat(): {"count": 1, "digest": known.digest, "final": False}})
    assert take(days, DAY, record(1)) == []
    assert take(days, DAY, replace(record(1), description="corrected")) == [("a:1", 1)]


def test_what_the_overlap_has_left_is_forgotten():
    days = PublishedDays()
    take(days, DAY, record(1))
    size = len(json.dumps(days.to_json()))
    days.forget_before(DAY + dt.timedelta(days=1))
    assert days.to_json() == {}
    take(days, DAY + dt.timedelta(days=1), record(2))
    assert len(json.dumps(days.to_json())) == size


def test_a_provider_s_own_revisions_are_left_alone():
    days = PublishedDays(own_revisions=True)
    days.take(DAY, [record(1)])
    (settled,) = days.take(DAY, [replace(record(1), revision=1, description="settled")])
    assert settled.revision == 1
    assert set(days.to_json()[DAY.isoformat()]) == {"count", "digest", "final"}


@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=5, unique_by=lambda pair: pair[0]), max_size=8))
def test_no_identity_ever_stands_for_two_contents(polls: list[list[tuple[int, int]]]):
    days, contents = PublishedDays(), {}
    for poll in polls:
        listed = [replace(record(number), description=str(version)) for number, version in poll]
        restored = PublishedDays(json.loads(json.dumps(days.to_json())))
        for found in restored.take(DAY, listed):
            assert contents.setdefault((found.txn_id, found.revision), found.description) == found.description
        days = restored
