"""Stored columns: keys by which groups are found, codes, and the JSON of everything else."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consumers.columns import DETAIL_FIELDS, STORED, SourceCode, stored_columns
from schemas.catalogue import TRANSACTION, current_schema
from schemas.codec import BatchDecoder
from schemas.keys import key_hash, txn_hash
from schemas.registry import CommittedIds
from schemas.tables import DIRECTIONS, STATUSES
from tests.fixtures.wire_records import message_of, plain_transaction

SOURCES = {
    ("default", "hdfc"): SourceCode(1, True),
    ("default", "core"): SourceCode(2, False),
    ("other", "core"): SourceCode(3, False),
}


def record(**given: Any) -> dict[str, Any]:
    return plain_transaction(tenant_id="default", source="core", **given)


def stored(*records: dict[str, Any]) -> list[dict[str, Any]]:
    decoded = BatchDecoder(TRANSACTION, CommittedIds()).decode([message_of(TRANSACTION, one) for one in records])
    assert not decoded.bad
    offsets = pl.Series("kafka_offset", range(len(records)), dtype=pl.Int64)
    frame = decoded.frame.with_columns(offsets, pl.lit(5, dtype=pl.Int16).alias("kafka_partition"))
    found = stored_columns(frame, SOURCES)
    assert tuple(found.columns) == STORED
    return found.to_dicts()


def test_every_canonical_field_is_kept_somewhere() -> None:
    kept = {*STORED, *DETAIL_FIELDS, "tenant_id", "source", "booked_at"}
    assert {field["name"] for field in current_schema(TRANSACTION)["fields"]} - kept == {"ingested_at"}


def test_the_group_is_the_key_that_partitions_the_topic() -> None:
    keys = {"reference_number": "INV-1", "settlement_id": "UTR 7"}
    ledger, bank = stored(record(**keys), record(**keys) | {"source": "hdfc"})
    assert (ledger["group_hash"], ledger["second_hash"]) == (key_hash("inv1"), key_hash("utr7"))
    assert (bank["group_hash"], bank["second_hash"]) == (key_hash("utr7"), key_hash("inv1"))


@pytest.mark.parametrize("nothing", [None, "", "NONREF", "000"])
def test_a_record_without_the_key_is_a_group_of_its_own(nothing: str | None) -> None:
    (one,) = stored(record(reference_number=nothing, settlement_id=None))
    assert one["group_hash"] == one["txn_hash"] == txn_hash("default", "core", "txn_id")
    assert one["second_hash"] is None


def test_the_other_key_does_not_take_the_first_one_s_place() -> None:
    (one,) = stored(record(reference_number=None, settlement_id="UTR7"))
    assert (one["group_hash"], one["second_hash"]) == (one["txn_hash"], key_hash("UTR7"))


def test_tenants_have_codes_and_records_of_their_own() -> None:
    ours, theirs = stored(record(), record() | {"tenant_id": "other"})
    assert (ours["source_id"], theirs["source_id"]) == (2, 3)
    assert ours["txn_hash"] != theirs["txn_hash"]


def test_codes_are_those_of_the_tables() -> None:
    symbols = {
        field["name"]: field["type"]["symbols"] for field in current_schema(TRANSACTION)["fields"] if "symbols" in field["type"]
    }
    for index, name in enumerate(symbols["direction"]):
        assert stored(record(direction=index))[0]["direction"] == DIRECTIONS[name]
    for index, name in enumerate(symbols["status"]):
        assert stored(record(status=index))[0]["status"] == STATUSES[name]


@pytest.mark.parametrize("booked_us", [0, -1, 1_700_000_000_000_001])
def test_a_time_is_microseconds_since_1970(booked_us: int) -> None:
    assert stored(record(booked_at=booked_us))[0]["booked_us"] == booked_us


_texts = st.one_of(
    st.none(),
    st.sampled_from(["", '"', "\\", ",}", '"x":null,', "a\nb", "\x1f", "null", "{}", "💸", 'a"b', '\\"channel\\":null', "}"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6),
)
_details = st.fixed_dictionaries(
    {name: _texts if name not in {"channel", "transaction_type"} else _texts.map(lambda text: text or "") for name in DETAIL_FIELDS}
)


@given(st.lists(_details, min_size=1, max_size=4))
@example([record(description="a,}b", raw_ref=None), record(description='"')])
@example([record(channel="plain", raw_ref=None, bank_code=None), record(description="x")])
def test_the_detail_is_json_of_the_fields_that_are_there(details: list[dict[str, Any]]) -> None:
    rows = stored(*(record(**{name: one[name] for name in DETAIL_FIELDS}) for one in details))
    for row, one in zip(rows, details, strict=True):
        assert json.loads(row["detail"]) == {name: one[name] for name in DETAIL_FIELDS if one[name] is not None}


def test_a_nul_in_a_detail_is_replaced() -> None:
    """Postgres would keep it, and then refuse every query that looks into the JSON."""
    (one,) = stored(record(description="a\x00b"))
    assert json.loads(one["detail"])["description"] == "a\ufffdb"
