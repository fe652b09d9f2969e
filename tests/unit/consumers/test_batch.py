import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.batch import Batch
from consumers.quarantining import DlqLimit

PLACES = [("hdfc_txns", 0), ("hdfc_txns", 1), ("core_txns", 0)]

_batches = st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(st.none(), st.binary(max_size=5))), max_size=12)


def batch_of(messages: list[tuple[tuple[str, int], bytes | None]]) -> Batch:
    batch = Batch()
    for (topic, partition), value in messages:
        batch.add([topic], [partition], [batch.ends.get((topic, partition), 100)], [value])
    return batch


def listed(batch: Batch) -> list[tuple[str, int, int, bytes | None]]:
    return list(zip(batch.topics, batch.partitions, batch.offsets, batch.values, strict=True))


@given(messages=_batches, left_out=st.sets(st.sampled_from([*PLACES, ("nowhere", 9)])))
def test_without_is_the_batch_as_if_the_partitions_had_not_come(messages, left_out: set[tuple[str, int]]) -> None:
    whole = batch_of(messages)
    before = listed(whole)
    rest = whole.without(left_out)
    expected = batch_of([message for message in messages if message[0] not in left_out])
    assert listed(rest) == listed(expected)
    assert (rest.ends, rest.bytes, len(rest)) == (expected.ends, expected.bytes, len(expected))
    assert listed(whole) == before


@given(messages=_batches)
def test_messages_added_at_once_are_those_added_one_by_one(messages) -> None:
    one_by_one, at_once = batch_of(messages), Batch()
    topics, partitions = [topic for (topic, _), _ in messages], [partition for (_, partition), _ in messages]
    at_once.add(topics, partitions, one_by_one.offsets, [value for _, value in messages])
    assert at_once == one_by_one
    assert at_once.ends == {place: 100 + [found for found, _ in messages].count(place) for place, _ in messages}
    assert at_once.bytes == sum(len(value or b"") for _, value in messages)


def test_positions_and_indexes() -> None:
    batch = batch_of([(PLACES[0], b"a"), (PLACES[2], None), (PLACES[0], b"")])
    assert [batch.position(index) for index in range(3)] == ["hdfc_txns/0/100", "core_txns/0/100", "hdfc_txns/0/101"]
    assert batch.indexes({"hdfc_txns"}) == [0, 2]
    assert batch.indexes(()) == []


@pytest.mark.parametrize(
    ("limit", "bad", "total", "exceeded"),
    [
        (DlqLimit(), 99, 99, False),  # too few to tell
        (DlqLimit(), 100, 200, False),  # exactly half
        (DlqLimit(), 101, 201, True),
        (DlqLimit(), 100, 199, True),
        (DlqLimit(), 1_000_000, 2_000_001, False),
        (DlqLimit(max_ratio_percent=0, min_messages=1), 1, 1_000_000, True),
        (DlqLimit(max_ratio_percent=0, min_messages=1), 0, 10, False),
        (DlqLimit(max_ratio_percent=100, min_messages=1), 10, 10, False),
    ],
)
def test_when_a_partition_stops(limit: DlqLimit, bad: int, total: int, exceeded: bool) -> None:
    assert limit.exceeded(bad, total) is exceeded
