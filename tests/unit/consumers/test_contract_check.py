from typing import Any

import polars as pl
import pytest

from consumers.contract_check import LARGEST_AMOUNT_MINOR, split_valid, split_valid_statements
from consumers.quarantining import Rejected
from schemas.catalogue import STATEMENT, TRANSACTION
from schemas.codec import BatchDecoder
from schemas.registry import CommittedIds
from tests.fixtures.wire_records import message_of, plain_transaction

WATERMARK = {
    "tenant_id": "default",
    "statement_id": "w",
    "source": "source",
    "account_id": "",
    "currency": "",
    "kind": 1,
    "proof": 2,
    "ingested_at": 0,
    **dict.fromkeys(("sequence", "opening_minor", "opening_date", "closing_minor", "closing_date", "entry_count")),
    **dict.fromkeys(("credit_minor", "debit_minor", "complete_through", "raw_ref")),
}


def frame_of(name: str, *records: dict[str, Any]) -> pl.DataFrame:
    """A decoded frame; the topic belongs to `source`, and the messages are numbered from 10."""
    decoded = BatchDecoder(name, CommittedIds()).decode([message_of(name, record) for record in records])
    assert not decoded.bad
    return decoded.frame.with_columns(pl.lit("source").alias("topic_source"), pl.col("message") + 10)


def transaction(**given: Any) -> dict[str, Any]:
    return plain_transaction(**{"currency": "INR", "reference_number": None, **given})


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("amount", {"amount_minor": -1}, "negative"),
    ("amount", {"amount_minor": -(2**63)}, "negative"),
    ("amount", {"amount_minor": LARGEST_AMOUNT_MINOR + 1}, "beyond"),
    ("amount", {"amount_minor": 2**63 - 1}, "beyond"),
    ("fee", {"fee_minor": LARGEST_AMOUNT_MINOR + 1}, "beyond"),
    ("fee", {"fee_minor": -(2**63)}, "beyond"),
    ("currency", {"currency": ""}, "ISO 4217"),
    ("currency", {"currency": "inr"}, "ISO 4217"),
    ("currency", {"currency": "INRX"}, "ISO 4217"),
    ("currency", {"currency": "INR\n"}, "ISO 4217"),
    ("currency", {"currency": "ÄÖÜ"}, "ISO 4217"),
    ("identity", {"txn_id": ""}, "empty"),
    ("identity", {"account_id": ""}, "empty"),
    ("revision", {"revision": -1}, "negative"),
    ("source", {"source": "another"}, "topic"),
    *(("text", {name: "a\x00b"}, "NUL") for name in ("tenant_id", "txn_id", "account_id", "reference_number", "settlement_id")),
]


@pytest.mark.parametrize(("reason", "given", "detail"), BROKEN)
def test_a_broken_transaction_among_valid_ones(reason: str, given: dict[str, Any], detail: str) -> None:
    valid, rejected = split_valid(frame_of(TRANSACTION, transaction(), transaction(**given), transaction()))
    assert valid["message"].to_list() == [10, 12]
    (one,) = rejected
    assert (one.message, one.reason) == (11, reason)
    assert detail in one.detail


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"amount_minor": 0},
        {"amount_minor": LARGEST_AMOUNT_MINOR, "fee_minor": -LARGEST_AMOUNT_MINOR},
        {"fee_minor": None, "settlement_id": None},
        {"description": "NUL \x00 in a text is no key"},
        {"revision": 2**63 - 1},
    ],
)
def test_valid_transactions_are_left_as_they_are(given: dict[str, Any]) -> None:
    frame = frame_of(TRANSACTION, transaction(**given))
    valid, rejected = split_valid(frame)
    assert not rejected
    assert valid.equals(frame)


def test_a_record_that_breaks_several_is_rejected_once() -> None:
    valid, rejected = split_valid(frame_of(TRANSACTION, transaction(amount_minor=-1, currency="", txn_id="")))
    assert valid.is_empty()
    assert [one.reason for one in rejected] == ["amount"]


@pytest.mark.parametrize(
    ("reason", "given"),
    [
        ("identity", {"statement_id": ""}),
        ("source", {"source": "another"}),
        *(("text", {name: "\x00"}) for name in ("tenant_id", "statement_id", "account_id", "currency", "raw_ref")),
    ],
)
def test_a_broken_statement_among_valid_ones(reason: str, given: dict[str, Any]) -> None:
    valid, rejected = split_valid_statements(frame_of(STATEMENT, WATERMARK | given, WATERMARK))
    assert valid["message"].to_list() == [11]
    assert [(one.message, one.reason) for one in rejected] == [(10, reason)]


def test_nothing_is_valid() -> None:
    for split, name in ((split_valid, TRANSACTION), (split_valid_statements, STATEMENT)):
        frame = frame_of(name)
        valid, rejected = split(frame)
        assert valid.columns == frame.columns
        assert rejected == list[Rejected]()
