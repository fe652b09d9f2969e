"""The batch codec gives, for any batch, what fastavro gives message by message: the same rows, the same bad messages."""

import struct
from typing import Any

import fastavro
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import STATEMENT, TRANSACTION, AvroSchema, current_schema
from schemas.codec import BatchDecoder, DecodedBatch
from schemas.errors import DecodeError
from schemas.registry import CommittedIds
from schemas.wire import decode_body
from tests.fixtures.wire_records import body_of, message_of, plain_transaction, records

IDS = CommittedIds()
DECODERS = {name: BatchDecoder(name, IDS) for name in (TRANSACTION, STATEMENT)}
PARSED = {name: fastavro.parse_schema(current_schema(name)) for name in (TRANSACTION, STATEMENT)}
HEADER = struct.pack(">bI", 0, IDS.id_of(TRANSACTION))

both = pytest.mark.parametrize("name", [TRANSACTION, STATEMENT])


def one_by_one(name: str, messages: list[bytes]) -> tuple[list[dict[str, Any]], list[int]]:
    """What fastavro reads of each message, enums as indexes, and the indexes of those that it refuses."""
    rows, bad = [], []
    for index, message in enumerate(messages):
        try:
            row = decode_body(message[5:], PARSED[name], PARSED[name])
        except DecodeError:
            bad.append(index)
            continue
        for field in current_schema(name)["fields"]:
            if isinstance(field["type"], dict) and field["type"]["type"] == "enum":
                row[field["name"]] = field["type"]["symbols"].index(row[field["name"]])
        rows.append(row | {"message": index})
    return rows, bad


def assert_equals_fastavro(name: str, messages: list[bytes]) -> DecodedBatch:
    decoded = DECODERS[name].decode(messages)
    rows, bad = one_by_one(name, messages)
    assert decoded.frame.to_dicts() == rows
    assert [one.message for one in decoded.bad] == bad
    return decoded


@both
@settings(max_examples=60)
@given(data=st.data())
def test_any_batch(name: str, data: st.DataObject) -> None:
    batch = data.draw(st.lists(records(name), max_size=4))
    decoded = assert_equals_fastavro(name, [message_of(name, record) for record in batch])
    assert not decoded.bad
    assert len(decoded.frame) == len(batch)


@given(batch=st.lists(records(TRANSACTION), min_size=1, max_size=3), data=st.data())
def test_one_byte_changed_anywhere(batch: list[dict[str, Any]], data: st.DataObject) -> None:
    messages = [message_of(TRANSACTION, record) for record in batch]
    victim = data.draw(st.integers(0, len(messages) - 1))
    at = data.draw(st.integers(5, len(messages[victim]) - 1))
    changed = bytearray(messages[victim])
    changed[at] ^= data.draw(st.integers(1, 255))
    messages[victim] = bytes(changed)
    assert_equals_fastavro(TRANSACTION, messages)


def test_every_byte_of_a_message_changed_in_turn() -> None:
    good = message_of(TRANSACTION, plain_transaction(txn_id="good"))
    short = {name: value[:1] for name, value in plain_transaction().items() if isinstance(value, str)}
    victim = message_of(TRANSACTION, plain_transaction(**short))
    for at in range(5, len(victim)):
        for bit in range(8):
            changed = bytearray(victim)
            changed[at] ^= 1 << bit
            assert_equals_fastavro(TRANSACTION, [good, bytes(changed), good])


@settings(max_examples=60)
@given(batch=st.lists(records(TRANSACTION), min_size=2, max_size=3), data=st.data())
def test_a_cut_that_moved(batch: list[dict[str, Any]], data: st.DataObject) -> None:
    """Bodies whose bytes flow from one message into the next: the joined block still parses."""
    messages = [message_of(TRANSACTION, record) for record in batch]
    first = data.draw(st.integers(0, len(messages) - 2))
    joined = messages[first][5:] + messages[first + 1][5:]
    cut = data.draw(st.integers(0, len(joined)))
    messages[first], messages[first + 1] = HEADER + joined[:cut], HEADER + joined[cut:]
    decoded = assert_equals_fastavro(TRANSACTION, messages)
    untouched = set(range(len(messages))) - {first, first + 1}
    assert untouched <= set(decoded.frame["message"].to_list())


@settings(max_examples=60)
@given(batch=st.lists(records(TRANSACTION), min_size=2, max_size=3), data=st.data())
def test_tails_swapped(batch: list[dict[str, Any]], data: st.DataObject) -> None:
    messages = [message_of(TRANSACTION, record) for record in batch]
    tail = data.draw(st.integers(1, min(map(len, messages)) - 5))
    messages[0], messages[1] = messages[0][:-tail] + messages[1][-tail:], messages[1][:-tail] + messages[0][-tail:]
    assert_equals_fastavro(TRANSACTION, messages)


@settings(max_examples=60)
@given(garbage=st.lists(st.binary(max_size=80), min_size=1, max_size=4))
def test_bodies_of_random_bytes(garbage: list[bytes]) -> None:
    good = message_of(TRANSACTION, plain_transaction())
    decoded = assert_equals_fastavro(TRANSACTION, [good, *(HEADER + body for body in garbage), good])
    assert {0, len(garbage) + 1} <= set(decoded.frame["message"].to_list())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("booked_at", 2**63 - 1),
        ("ingested_at", -(2**63)),
        ("value_date", 2**31 - 1),
        ("value_date", -719_163),  # the day before 1 January of year 1
        ("direction", 2),
        ("status", 4),
        ("status", 2**31 - 1),
    ],
)
def test_a_value_that_nothing_behind_could_hold(field: str, value: int) -> None:
    """Such a record must be refused in every batch: beside good ones only, and beside a corrupt one."""
    good = message_of(TRANSACTION, plain_transaction(txn_id="good"))
    odd = message_of(TRANSACTION, plain_transaction(**{field: value}))
    for batch in ([odd], [good, odd, good], [HEADER + b"\xff", odd, good]):
        decoded = assert_equals_fastavro(TRANSACTION, batch)
        assert batch.index(odd) in [one.message for one in decoded.bad]
        assert set(decoded.frame["txn_id"].to_list()) <= {"good"}


def test_frames_have_one_schema_whatever_path_was_taken() -> None:
    good = message_of(TRANSACTION, plain_transaction())
    stitched = DECODERS[TRANSACTION].decode([good])
    single = DECODERS[TRANSACTION].decode([good, HEADER])
    nothing = DECODERS[TRANSACTION].decode([])
    assert stitched.frame.schema == single.frame.schema == nothing.frame.schema
    assert stitched.frame.equals(single.frame)
    assert stitched.frame.schema["booked_at"] == pl.Datetime("us", "UTC")


def test_the_test_writes_what_the_product_writes() -> None:
    schema: AvroSchema = current_schema(TRANSACTION)
    row = decode_body(body_of(schema, plain_transaction(status=2)), PARSED[TRANSACTION])
    assert (row["status"], row["txn_id"], row["booked_at"].year) == ("PENDING", "txn_id", 1970)
