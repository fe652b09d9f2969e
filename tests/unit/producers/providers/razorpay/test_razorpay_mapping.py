"""Razorpay recon rows as canonical transactions."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import FieldError
from producers.kit.record_origin import RecordOrigin
from producers.providers.razorpay.mapping import peculiarities, row_to_transaction
from schemas.records import Direction, Status

SAMPLE = Path(__file__).parents[6] / "shared/samples/providers/razorpay/examples_from_docs/settlement__settlement_recon.json"
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
ORIGIN = RecordOrigin("razorpay", "default", "razorpay-main", "abc#0", NOW)


def row(**changes: Any) -> dict[str, Any]:
    base = {
        "entity_id": "pay_1",
        "type": "payment",
        "debit": 0,
        "credit": 97100,
        "amount": 100000,
        "currency": "INR",
        "fee": 2900,
        "tax": 442,
        "on_hold": False,
        "settled": True,
        "created_at": 1567692556,
        "settled_at": 1568176960,
        "settlement_id": "setl_1",
        "settlement_utr": "1568176960vxp0rj",
        "order_id": "order_1",
        "order_receipt": "PAY0000001",
        "payment_id": None,
        "method": "upi",
    }
    return base | changes


def test_settled_payment():
    record = row_to_transaction(row(), {}, ORIGIN)
    assert (record.txn_id, record.revision, record.status) == ("razorpay-main:pay_1", 1, Status.SUCCESS)
    assert (record.amount_minor, record.fee_minor, record.direction) == (100000, 2900, Direction.CREDIT)
    assert record.settlement_id == "1568176960vxp0rj"
    assert (record.reference_number, record.end_to_end_id) == ("PAY0000001", "order_1")
    assert record.booked_at == dt.datetime(2019, 9, 5, 14, 9, 16, tzinfo=dt.UTC)
    assert record.value_date == dt.date(2019, 9, 11)
    assert record.channel == "UPI"


def test_value_date_is_indias_calendar():
    late_evening_utc = int(dt.datetime(2026, 11, 19, 20, tzinfo=dt.UTC).timestamp())
    assert row_to_transaction(row(settled_at=late_evening_utc), {}, ORIGIN).value_date == dt.date(2026, 11, 20)


def test_unsettled_then_settled_is_one_record_in_two_revisions():
    pending = row(settled=False, settled_at=None, settlement_id=None, settlement_utr=None)
    first, second = row_to_transaction(pending, {}, ORIGIN), row_to_transaction(row(), {}, ORIGIN)
    assert (first.txn_id, first.booked_at) == (second.txn_id, second.booked_at)
    assert (first.revision, first.status, first.settlement_id) == (0, Status.PENDING, None)
    assert second.revision == 1


def test_a_payout_without_utr_is_the_same_revision_as_no_payout():
    no_utr_yet = row_to_transaction(row(settlement_utr=None), {}, ORIGIN)
    unsettled = row_to_transaction(row(settled=False, settled_at=None, settlement_id=None, settlement_utr=None), {}, ORIGIN)
    assert no_utr_yet == unsettled


def test_on_hold_is_pending():
    assert row_to_transaction(row(on_hold=True), {}, ORIGIN).status is Status.PENDING


def test_utr_of_the_settlement_where_the_row_has_none():
    adjustment = row(entity_id="adj_1", type="adjustment", credit=1012, amount=1012, fee=0, settlement_utr=None)
    record = row_to_transaction(adjustment, {"setl_1": "UTR1"}, ORIGIN)
    assert (record.settlement_id, record.revision, record.transaction_type) == ("UTR1", 1, "ADJUSTMENT")


def test_unknown_type_is_kept_and_told():
    unknown = row(type="cashgram", credit=0, debit=500, amount=500, fee=0)
    record = row_to_transaction(unknown, {}, ORIGIN)
    assert (record.transaction_type, record.direction, record.amount_minor) == ("OTHER", Direction.DEBIT, 500)
    assert [text for text in peculiarities(unknown, record) if "cashgram" in text]


def test_row_whose_sum_and_fee_disagree_is_kept_and_told():
    odd = row(credit=90000)
    record = row_to_transaction(odd, {}, ORIGIN)
    assert (record.amount_minor, record.fee_minor) == (100000, 2900)
    assert [text for text in peculiarities(odd, record) if "90000" in text]


@pytest.mark.parametrize("notes", ["{}", "text", {}, {"k": "v"}, [], None])
def test_notes_may_be_anything(notes: object):
    assert row_to_transaction(row(notes=notes), {}, ORIGIN) == row_to_transaction(row(), {}, ORIGIN)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"entity_id": None}, "entity_id"),
        ({"amount": None}, "amount"),
        ({"amount": "1000"}, "amount"),
        ({"amount": Decimal("10.5")}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 2**63}, "amount"),
        ({"fee": "free"}, "amount"),
        ({"credit": 1, "debit": 1}, "direction"),
        ({"currency": "inr"}, "currency"),
        ({"currency": None}, "currency"),
        ({"created_at": None}, "date"),
        ({"created_at": "2026-11-20"}, "date"),
        ({"created_at": 10**20}, "date"),
    ],
)
def test_unreadable_row_names_its_reason(changes: dict[str, Any], reason: str):
    with pytest.raises(FieldError) as caught:
        row_to_transaction(row(**changes), {}, ORIGIN)
    assert caught.value.reason == reason


def test_whole_numbers_may_be_written_with_a_fraction():
    assert row_to_transaction(row(amount=Decimal("1E+5")), {}, ORIGIN).amount_minor == 100000


def test_razorpays_own_example():
    if not SAMPLE.is_file():
        pytest.skip("the third-party samples are not beside this checkout")
    rows = json.loads(SAMPLE.read_text())["items"]
    utrs = {item["settlement_id"]: item["settlement_utr"] for item in rows if item["settlement_utr"]}
    records = [row_to_transaction(item, utrs, ORIGIN) for item in rows]
    odd = [text for item, record in zip(rows, records, strict=True) for text in peculiarities(item, record)]
    assert odd == [], "credit is amount - fee and debit is amount + fee in every row of the example"
    assert [record.transaction_type for record in records] == ["PAYMENT", "REFUND", "TRANSFER", "ADJUSTMENT"]
    assert [record.direction for record in records] == [Direction.CREDIT, Direction.DEBIT, Direction.DEBIT, Direction.CREDIT]
    assert {record.settlement_id for record in records} == {"1568176960vxp0rj"}
    net = sum(
        record.amount_minor - (record.fee_minor or 0)
        if record.direction is Direction.CREDIT
        else -record.amount_minor - (record.fee_minor or 0)
        for record in records
    )
    assert net == sum(item["credit"] - item["debit"] for item in rows)


@given(
    st.dictionaries(
        st.sampled_from(sorted(row())),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=8)
        | st.decimals(allow_nan=True)
        | st.lists(st.none(), max_size=1),
    )
)
def test_any_row_is_read_or_refused_with_a_reason(changes: dict[str, Any]):
    try:
        record = row_to_transaction(row() | changes, {}, ORIGIN)
    except FieldError as error:
        assert error.reason in {"entity_id", "amount", "direction", "currency", "date"}
    else:
        assert record.revision == (record.status is Status.SUCCESS)
