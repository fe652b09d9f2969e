"""What an overlapping fetch publishes: nothing twice that is known, everything that is not."""

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from producers.kit.contract import BadRecord
from producers.kit.overlap import Published, PublishedDays, fingerprint, published, unpublished_from
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
    days.remember(DAY, Published(2, "aa", final=True))
    days.remember(DAY + dt.timedelta(days=1), Published(1, "bb"))
    restored = PublishedDays(days.to_json())
    assert restored.get(DAY) == Published(2, "aa", final=True)
    assert restored.not_final() == [DAY + dt.timedelta(days=1)]
    restored.forget_before(DAY + dt.timedelta(days=5), not_final_before=DAY)
    assert restored.get(DAY) is None
    assert restored.get(DAY + dt.timedelta(days=1)) is not None
