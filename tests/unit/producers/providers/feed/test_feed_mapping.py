"""A feed's record to the canonical one: what is kept, and what is refused with a reason."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import FieldError, RecordError
from producers.providers.feed.mapping import RecordContext, identity_of, to_transaction
from schemas.money import format_minor
from schemas.records import Direction, Status

NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
CONTEXT = RecordContext("default", "core", None, "ab#0", NOW)
RECORD = {
    "id": "CORE-1",
    "revision": 1,
    "account": "core-payments",
    "reference": "PAY0000001",
    "amount": "1250.05",
    "currency": "INR",
    "direction": "DEBIT",
    "status": "PENDING",
    "channel": "UPI",
    "type": "REFUND",
    "booked_at": "2026-03-03T10:00:00+05:30",
    "value_date": "2026-03-03",
    "description": "text",
    "counterparty": "",
    "reversal": True,
}


def test_every_field_is_kept() -> None:
    found = to_transaction(RECORD, CONTEXT)
    assert (found.txn_id, found.revision, found.account_id) == ("CORE-1", 1, "core-payments")
    assert (found.amount_minor, found.currency, found.direction) == (125_005, "INR", Direction.DEBIT)
    assert (found.status, found.is_reversal, found.channel, found.transaction_type) == (Status.PENDING, True, "UPI", "REFUND")
    assert found.booked_at == dt.datetime(2026, 3, 3, 4, 30, tzinfo=dt.UTC)
    assert found.value_date == dt.date(2026, 3, 3)
    assert (found.reference_number, found.description, found.counterparty_name) == ("PAY0000001", "text", None)
    assert (found.source, found.raw_ref, found.ingested_at) == ("core", "ab#0", NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": "12.3.4"}, "amount"),
        ({"amount": Decimal("1.5")}, "amount"),
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": "1,000.00"}, "amount"),
        ({"currency": "rupees"}, "amount"),
        ({"currency": None}, "malformed_record"),
        ({"direction": "IN"}, "direction"),
        ({"status": "DONE"}, "status"),
        ({"booked_at": "2026-03-03T10:00:00"}, "time"),
        ({"booked_at": "yesterday"}, "time"),
        ({"value_date": "03/03/2026"}, "time"),
        ({"id": ""}, "malformed_record"),
        ({"id": 7}, "malformed_record"),
        ({"revision": "1"}, "malformed_record"),
        ({"revision": -1}, "malformed_record"),
        ({"revision": True}, "malformed_record"),
        ({"reversal": "no"}, "malformed_record"),
        ({"description": "a\0b"}, "malformed_record"),
        ({"reference": "\ud800"}, "malformed_record"),
        ({"revision": 2**63}, "malformed_record"),
        ({"booked_at": "0001-01-01T00:00:00+05:30"}, "time"),
        ({"amount": "99999999999999999999.00"}, "amount"),
    ],
)
def test_what_cannot_be_kept_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(FieldError) as caught:
        to_transaction(RECORD | changes, CONTEXT)
    assert caught.value.reason == reason
    assert isinstance(caught.value, RecordError)


@pytest.mark.parametrize("record", [None, "text", 3, []])
def test_a_record_is_an_object(record: Any) -> None:
    with pytest.raises(FieldError):
        to_transaction(record, CONTEXT)
    assert identity_of(record) is None


@given(st.integers(0, 2**63 - 1), st.sampled_from(["INR", "EUR", "JPY", "KWD"]))
def test_amounts_come_through_exactly(amount_minor: int, currency: str) -> None:
    record = RECORD | {"amount": format_minor(amount_minor, currency), "currency": currency}
    assert to_transaction(record, CONTEXT).amount_minor == amount_minor


@given(st.dictionaries(st.sampled_from(sorted(RECORD)), st.none() | st.text(max_size=12) | st.integers() | st.booleans()))
def test_any_damage_ends_in_a_record_or_a_reason(changes: dict[str, Any]) -> None:
    try:
        to_transaction(RECORD | changes, CONTEXT)
    except FieldError as error:
        assert error.reason
