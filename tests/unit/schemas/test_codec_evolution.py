"""Messages of an older or a newer writer come out in the reader's columns, by either path, mixed with today's in one batch."""

import copy
import struct
from typing import Any

import pytest

from schemas.catalogue import TRANSACTION, AvroSchema, current_schema
from schemas.codec import BatchDecoder, DecodedBatch, frame_schema
from schemas.errors import UnknownSchemaError
from tests.fixtures.wire_records import body_of, plain_transaction

NOW, OTHER = 1, 2
CORRUPT = struct.pack(">bI", 0, OTHER) + b"\xff"


class TwoIds:
    """Today's schema and another version of it."""

    def __init__(self, other: AvroSchema) -> None:
        self.schemas = {NOW: current_schema(TRANSACTION), OTHER: other}

    def id_of(self, name: str) -> int:
        assert name == TRANSACTION
        return NOW

    def schema_of(self, schema_id: int) -> AvroSchema:
        if schema_id not in self.schemas:
            raise UnknownSchemaError(f"schema id {schema_id}")
        return self.schemas[schema_id]

    def message(self, schema_id: int, record: dict[str, Any]) -> bytes:
        return struct.pack(">bI", 0, schema_id) + body_of(self.schemas[schema_id], record)


def other_version() -> tuple[AvroSchema, dict[str, AvroSchema]]:
    schema = copy.deepcopy(current_schema(TRANSACTION))
    return schema, {field["name"]: field for field in schema["fields"]}


def without(*names: str) -> AvroSchema:
    schema, _ = other_version()
    schema["fields"] = [field for field in schema["fields"] if field["name"] not in names]
    return schema


def both_paths(ids: TwoIds, record: dict[str, Any]) -> list[DecodedBatch]:
    """The other version's message between today's: as one block, and one by one because a corrupt one is beside it."""
    decoder = BatchDecoder(TRANSACTION, ids)
    batch = [ids.message(NOW, plain_transaction(txn_id="first")), ids.message(OTHER, record), ids.message(NOW, plain_transaction())]
    plain, beside_corrupt = decoder.decode(batch), decoder.decode([*batch, CORRUPT])
    assert [one.message for one in beside_corrupt.bad] == [3]
    assert plain.frame.equals(beside_corrupt.frame)
    for decoded in (plain, beside_corrupt):
        assert decoded.frame["message"].to_list() == [0, 1, 2]
        assert dict(decoded.frame.drop("message").schema) == dict(frame_schema(current_schema(TRANSACTION)))
    return [plain, beside_corrupt]


def test_an_older_writer_without_fields_gets_their_defaults() -> None:
    ids = TwoIds(without("channel", "is_reversal", "fee_minor", "value_date"))
    for decoded in both_paths(ids, plain_transaction(txn_id="old")):
        row = decoded.frame.row(1, named=True)
        assert (row["channel"], row["is_reversal"], row["fee_minor"], row["value_date"]) == ("OTHER", False, None, None)
        assert (row["txn_id"], row["amount_minor"]) == ("old", 1)


def test_a_newer_writer_s_additional_field_is_dropped() -> None:
    schema, _ = other_version()
    schema["fields"].insert(3, {"name": "mandate", "type": ["null", "string"], "default": None})
    schema["fields"].append({"name": "is_urgent", "type": "boolean", "default": False})
    ids = TwoIds(schema)
    for decoded in both_paths(ids, plain_transaction(txn_id="new", mandate="M-1", is_urgent=True)):
        assert decoded.frame.row(1, named=True)["txn_id"] == "new"


def test_fields_in_another_order_are_found_by_name() -> None:
    schema, _ = other_version()
    schema["fields"].reverse()
    for decoded in both_paths(TwoIds(schema), plain_transaction(currency="EUR", account_id="acc")):
        row = decoded.frame.row(1, named=True)
        assert (row["currency"], row["account_id"]) == ("EUR", "acc")


def test_an_enum_in_another_order_keeps_its_meaning() -> None:
    schema, fields = other_version()
    fields["status"]["type"]["symbols"] = ["VOID", "SUCCESS", "PENDING", "FAILED"]
    for decoded in both_paths(TwoIds(schema), plain_transaction(status=0)):
        assert decoded.frame["status"].to_list() == [1, 3, 1]  # ours: 1 FAILED, 3 VOID


def test_a_symbol_that_we_do_not_have_is_set_apart() -> None:
    schema, fields = other_version()
    fields["status"]["type"]["symbols"] = ["SUCCESS", "FAILED", "PENDING", "VOID", "RETURNED"]
    ids = TwoIds(schema)
    decoder = BatchDecoder(TRANSACTION, ids)
    known, unknown = (ids.message(OTHER, plain_transaction(status=status)) for status in (1, 4))
    decoded = decoder.decode([known, unknown, known])
    assert decoded.frame["message"].to_list() == [0, 2]
    assert [(one.message, one.reason) for one in decoded.bad] == [(1, "avro_body")]


@pytest.mark.parametrize("written", ["string", ["string", "null"]])
def test_a_string_that_was_mandatory_or_had_its_null_last(written: Any) -> None:
    schema, fields = other_version()
    fields["description"]["type"] = written
    fields["description"].pop("default")
    for decoded in both_paths(TwoIds(schema), plain_transaction(description="coffee")):
        assert decoded.frame["description"].to_list() == ["description", "coffee", "description"]


def test_an_int_is_promoted_to_a_long() -> None:
    schema, fields = other_version()
    fields["revision"]["type"] = "int"
    for decoded in both_paths(TwoIds(schema), plain_transaction(revision=-7)):
        assert decoded.frame["revision"].to_list() == [1, -7, 1]
