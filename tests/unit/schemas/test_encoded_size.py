"""The computed size of every row, and of every field, is the length of its encoding."""

import io
import struct
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.avro_header import SYNC, container_header, zigzag
from schemas.catalogue import STATEMENT, TRANSACTION, AvroSchema, current_schema
from schemas.encoded_size import encoded_sizes, field_sizes
from tests.fixtures.wire_records import body_of, plain_transaction, records


def frame_of(schema: AvroSchema, bodies: list[bytes]) -> pl.DataFrame:
    block = b"".join(bodies)
    return pl.read_avro(io.BytesIO(container_header(schema) + zigzag(len(bodies)) + zigzag(len(block)) + block + SYNC))


@pytest.mark.parametrize("name", [TRANSACTION, STATEMENT])
@settings(max_examples=40)
@given(data=st.data())
def test_sizes_are_lengths(name: str, data: st.DataObject) -> None:
    schema = current_schema(name)
    batch: list[dict[str, Any]] = data.draw(st.lists(records(name), min_size=1, max_size=4))
    bodies = [body_of(schema, record) for record in batch]
    frame = frame_of(schema, bodies)
    assert encoded_sizes(frame, schema).to_list() == [len(body) for body in bodies]


def test_sizes_of_fields_are_in_the_writer_s_order() -> None:
    schema = current_schema(TRANSACTION)
    record = plain_transaction(txn_id="x" * 70, description=None, fee_minor=-65, booked_at=2**40)
    sizes = field_sizes(frame_of(schema, [body_of(schema, record)]), schema)
    alone = {
        field["name"]: len(body_of({**schema, "fields": [field]}, {field["name"]: record[field["name"]]}))
        for field in schema["fields"]
    }
    assert sizes.columns == list(alone)
    assert sizes.row(0, named=True) == alone


@given(st.integers(-(2**63), 2**63 - 1))
@example(2**63 - 1)
@example(-(2**63))
def test_a_long_is_zigzag_in_groups_of_seven_bits(value: int) -> None:
    schema = {"type": "record", "name": "one", "fields": [{"name": "value", "type": "long"}]}
    assert zigzag(value) == body_of(schema, {"value": value})


def test_known_longs() -> None:
    """The examples of the Avro specification."""
    known = {0: "00", -1: "01", 1: "02", -2: "03", 2: "04", -64: "7f", 64: "8001"}
    assert {value: zigzag(value).hex() for value in known} == known
    assert struct.unpack(">B", zigzag(63))[0] == 126
