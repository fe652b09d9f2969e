import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import ContractChangeError, RecordError
from producers.kit.reading.day_windows import IST
from producers.kit.record_origin import RecordOrigin
from producers.kit.statements.statement_row import row_to_transaction
from producers.providers.icici.mapping import BANK_CODE, read_row, row_rules, rows_of
from producers.sandbox.providers.icici import indian_grouping
from schemas.records import CanonicalTransaction, Direction

SAMPLES = Path(__file__).parents[6] / "shared/samples/providers/hand_written/icici"
RULES = row_rules("INR")
NOW = dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "CHEQUENO": "",
        "TXNDATE": "19-11-2026 23:21:42",
        "REMARKS": "NEFT-ICICN26323000111-VENDOR",
        "AMOUNT": "1,00,400.50",
        "BALANCE": "-10,50,510.00",
        "VALUEDATE": "20-11-2026",
        "TYPE": "DR",
        "TRANSACTIONID": "S27338118",
    } | changes


def transaction(element: Any) -> CanonicalTransaction:
    found = read_row(element, RULES)
    origin = RecordOrigin("icici", "default", "000405001234", "abc#0", NOW)
    return row_to_transaction(found, origin, bank_code=BANK_CODE, currency="INR", record_id=found.provider_id)


def test_a_row_becomes_a_canonical_record() -> None:
    assert transaction(row()) == CanonicalTransaction(
        txn_id="000405001234:S27338118",
        source="icici",
        bank_code="ICIC",
        account_id="000405001234",
        amount_minor=10040050,
        currency="INR",
        direction=Direction.DEBIT,
        booked_at=dt.datetime(2026, 11, 19, 17, 51, 42, tzinfo=dt.UTC),
        value_date=dt.date(2026, 11, 20),
        channel="NEFT",
        transaction_type="TRANSFER",
        reference_number="ICICN26323000111",
        bank_reference="ICICN26323000111",
        description="NEFT-ICICN26323000111-VENDOR",
        raw_ref="abc#0",
        ingested_at=NOW,
    )


def test_balance_keeps_its_sign_and_the_day_is_the_bank_s() -> None:
    late = read_row(row(TXNDATE="20-11-2026 00:10:00"), RULES)
    assert late.balance_minor == -105051000
    assert late.booked_at.date() == dt.date(2026, 11, 19)
    assert late.balance_row(IST).day == dt.date(2026, 11, 20)


def test_a_cut_reference_is_evidence_but_no_bank_reference() -> None:
    found = transaction(row(REMARKS="NEFT-ICICN2632300-VENDOR"))
    assert found.reference_number == "ICICN2632300"
    assert found.bank_reference is None


def test_a_cheque_number_is_the_bank_reference_without_a_utr() -> None:
    found = transaction(row(REMARKS="CLG/RENT", CHEQUENO="000123"))
    assert (found.reference_number, found.bank_reference, found.channel) == (None, "000123", "CHEQUE")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"AMOUNT": "12.3.4"}, "AMOUNT"),
        ({"AMOUNT": "1.005"}, "AMOUNT"),
        ({"AMOUNT": "-5.00"}, "AMOUNT"),
        ({"AMOUNT": Decimal("5.00")}, "AMOUNT"),
        ({"AMOUNT": ""}, "AMOUNT"),
        ({"BALANCE": "n/a"}, "BALANCE"),
        ({"TYPE": "XX"}, "TYPE"),
        ({"TXNDATE": "30-02-2026 10:00:00"}, "TXNDATE"),
        ({"TXNDATE": None}, "TXNDATE"),
        ({"VALUEDATE": "2026-11-20"}, "VALUEDATE"),
        ({"TRANSACTIONID": " "}, "TRANSACTIONID"),
    ],
)
def test_a_malformed_row_is_refused_by_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(RecordError, match=named):
        read_row(row(**changes), RULES)


def test_a_row_that_is_no_object_is_refused() -> None:
    with pytest.raises(RecordError, match="not an object"):
        read_row(["AMOUNT", "1.00"], RULES)


def test_record_is_a_list_an_object_or_absent() -> None:
    assert rows_of({"Record": [row(), row()]}) == [row(), row()]
    assert rows_of({"Record": row()}) == (row(),)
    assert rows_of({}) == ()
    assert rows_of({"Record": None}) == ()
    with pytest.raises(ContractChangeError, match="Record"):
        rows_of({"Record": "none found"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("account_statement_many_decrypted.json", [("S27338118", 40000, -1), ("S27338119", 12500000, 1)]),
        ("account_statement_single_decrypted.json", [("S27338120", 1250, 1)]),
    ],
)
def test_reads_the_hand_written_samples(name: str, expected: list[tuple[str, int, int]]) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the shared samples are not beside the repository")
    body = json.loads((SAMPLES / name).read_text(encoding="utf-8"), parse_float=Decimal)
    found = [read_row(element, RULES) for element in rows_of(body)]
    assert [(r.provider_id, r.amount_minor, 1 if r.direction is Direction.CREDIT else -1) for r in found] == expected
    assert all(transaction(element).reference_number for element in rows_of(body))


@given(st.integers(min_value=0, max_value=10**15))
def test_indian_grouping_is_read_back(minor: int) -> None:
    assert read_row(row(AMOUNT=indian_grouping(minor)), RULES).amount_minor == minor
