"""Canonical records through the encoder, the wire and both decoders come back as they were."""

import datetime as dt
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import STATEMENT, TRANSACTION, current_schema
from schemas.codec import BatchDecoder
from schemas.errors import DecodeError, SchemaError
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction, Proof, StatementKind, Status
from schemas.registry import CommittedIds
from schemas.wire import WireEncoder, decode_body, split_header

ENCODER = WireEncoder()
IDS = CommittedIds()
NOW = dt.datetime(2026, 11, 21, 4, 5, 6, 789_012, tzinfo=dt.UTC)

_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_times = st.integers(-(2**53), 2**53).map(lambda us: dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=us))
_longs = st.integers(0, 2**63 - 1)


def transactions() -> st.SearchStrategy[CanonicalTransaction]:
    optional = st.none() | _texts
    return st.builds(
        CanonicalTransaction,
        txn_id=_texts,
        revision=_longs,
        source=_texts,
        bank_code=optional,
        account_id=_texts,
        amount_minor=_longs,
        currency=_texts,
        direction=st.sampled_from(Direction),
        is_reversal=st.booleans(),
        status=st.sampled_from(Status),
        booked_at=_times,
        value_date=st.none() | st.dates(),
        reference_number=optional,
        fee_minor=st.none() | st.integers(-(2**63), 2**63 - 1),
        description=optional,
        ingested_at=_times,
    )


def by_name(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A decoded row with the symbols of its enums."""
    kinds = {field["name"]: field["type"] for field in current_schema(name)["fields"]}
    return {
        key: kinds[key]["symbols"][value] if "symbols" in kinds[key] else value for key, value in row.items() if key != "message"
    }


@settings(max_examples=60)
@given(st.lists(transactions(), min_size=1, max_size=3))
def test_transactions(records: list[CanonicalTransaction]) -> None:
    messages = [ENCODER.transaction(record) for record in records]
    decoded = BatchDecoder(TRANSACTION, IDS).decode(messages)
    given_fields = [record.to_avro() for record in records]
    assert [by_name(TRANSACTION, row) for row in decoded.frame.to_dicts()] == given_fields
    parsed = fastavro.parse_schema(current_schema(TRANSACTION))
    assert [decode_body(split_header(message)[1], parsed) for message in messages] == given_fields


@pytest.mark.parametrize(
    "given",
    [
        {"kind": StatementKind.WATERMARK, "complete_through": NOW},
        {
            "kind": StatementKind.STATEMENT,
            "account_id": "acc",
            "currency": "INR",
            "sequence": 7,
            "opening_minor": -(2**63),
            "opening_date": dt.date(2026, 11, 20),
            "closing_minor": 2**63 - 1,
            "closing_date": dt.date(1969, 12, 31),
            "entry_count": 0,
            "credit_minor": 1,
            "debit_minor": 2,
            "proof": Proof.FAILED,
            "raw_ref": "ab#1",
        },
    ],
)
def test_statements(given: dict[str, Any]) -> None:
    record = CanonicalStatement(statement_id="s", source="hdfc", ingested_at=NOW, **given)
    decoded = BatchDecoder(STATEMENT, IDS).decode([ENCODER.statement(record)])
    assert [by_name(STATEMENT, row) for row in decoded.frame.to_dicts()] == [record.to_avro()]


def test_the_header_names_the_schema() -> None:
    record = CanonicalStatement(statement_id="s", source="hdfc", kind=StatementKind.WATERMARK, ingested_at=NOW)
    message = ENCODER.statement(record)
    assert message[:5] == b"\x00" + IDS.id_of(STATEMENT).to_bytes(4, "big")


def test_another_zone_is_written_as_utc() -> None:
    india = dt.timezone(dt.timedelta(hours=5, minutes=30))
    record = CanonicalStatement(statement_id="s", source="h", kind=StatementKind.WATERMARK, ingested_at=NOW.astimezone(india))
    assert ENCODER.statement(record) == ENCODER.statement(
        CanonicalStatement(statement_id="s", source="h", kind=StatementKind.WATERMARK, ingested_at=NOW)
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"amount_minor": -1}, "hdfc t1: amount_minor is negative"),
        ({"booked_at": NOW.replace(tzinfo=None)}, "booked_at has no time zone"),
        ({"ingested_at": NOW.replace(tzinfo=None)}, "ingested_at has no time zone"),
    ],
)
def test_what_a_transaction_cannot_be(given: dict[str, Any], said: str) -> None:
    fields: dict[str, Any] = {
        "txn_id": "t1",
        "source": "hdfc",
        "account_id": "acc",
        "amount_minor": 1,
        "currency": "INR",
        "direction": Direction.CREDIT,
        "booked_at": NOW,
        "ingested_at": NOW,
    }
    assert CanonicalTransaction(**fields).revision == 0
    with pytest.raises(SchemaError, match=said):
        CanonicalTransaction(**fields | given)


def test_a_watermark_cannot_be_naive() -> None:
    with pytest.raises(SchemaError, match="complete_through has no time zone"):
        CanonicalStatement(
            statement_id="w",
            source="h",
            kind=StatementKind.WATERMARK,
            complete_through=NOW.replace(tzinfo=None),
            ingested_at=NOW,
        )


@given(st.binary(max_size=40))
def test_any_bytes_are_a_header_or_an_error(value: bytes) -> None:
    try:
        schema_id, body = split_header(value)
    except DecodeError:
        assert len(value) < 5 or value[0] != 0
        return
    assert b"\x00" + schema_id.to_bytes(4, "big") + body == value
