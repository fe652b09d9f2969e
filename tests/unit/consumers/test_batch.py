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
        offset = batch.ends.get((topic, partition), 100)
        batch.topics.append(topic)
        batch.partitions.append(partition)
        batch.offsets.append(offset)
        batch.values.append(value)
        batch.ends[topic, partition] = offset + 1
        batch.bytes += len(value or b"")
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
