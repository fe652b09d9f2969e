import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from producers.errors import ContractChangeError, RecordError
from producers.kit.reading.day_windows import IST
from producers.kit.record_origin import RecordOrigin
from producers.kit.statements.statement_row import StatementRow, row_to_transaction
from producers.providers.sbi.mapping import BANK_CODE, fill_template, read_row, row_rules, rows_of
from producers.providers.sbi.options import SbiOptions
from schemas.records import Direction

NOW = dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC)
OPTIONS = SbiOptions(accounts=("00000031234567890",), source_id="XX")


def read(element: Any, options: SbiOptions = OPTIONS) -> StatementRow:
    return read_row(element, options.fields, row_rules(options))


def row(**changes: Any) -> dict[str, Any]:
    return {
        "TXN_ID": "T1",
        "POST_DATE": "19-11-2026 23:21:42",
        "VALUE_DATE": "20-11-2026",
        "AMOUNT": "1234.50",
        "DR_CR": "CR",
        "NARRATION": "BY TRANSFER-NEFT*UTIB0000373*UTIBN26323000111*ASHA*RENT",
        "BALANCE": "-20.00",
        "CHEQUE_NO": "",
    } | changes


def test_a_row_becomes_a_canonical_record() -> None:
    found = read(row())
    origin = RecordOrigin("sbi", "acme", "00000031234567890", "abc#0", NOW)
    made = row_to_transaction(found, origin, bank_code=BANK_CODE, currency="INR", record_id="T1")
    assert (made.txn_id, made.tenant_id, made.bank_code) == ("00000031234567890:T1", "acme", "SBIN")
    assert (made.amount_minor, made.direction, found.balance_minor) == (123450, Direction.CREDIT, -2000)
    assert made.booked_at == dt.datetime(2026, 11, 19, 17, 51, 42, tzinfo=dt.UTC)
    assert made.value_date == dt.date(2026, 11, 20)
    assert (made.reference_number, made.bank_reference, made.channel) == ("UTIBN26323000111", "UTIBN26323000111", "NEFT")


def test_the_field_map_is_configured() -> None:
    options = SbiOptions.model_validate(
        {
            "accounts": ["00000031234567890"],
            "source_id": "XX",
            "time_formats": ["%Y%m%d"],
            "credit_values": ["H"],
            "debit_values": ["S"],
            "fields": {
                "id": None,
                "booked_at": "dates.post",
                "value_date": None,
                "amount": "money.value",
                "direction": "sign",
                "narration": "text",
                "balance": None,
                "reference": "utr",
                "cheque_number": None,
            },
        }
    )
    element = {"dates": {"post": "20261119"}, "money": {"value": Decimal("12.5")}, "sign": "s", "text": "RENT", "utr": "U1"}
    found = read(element, options)
    assert (found.amount_minor, found.direction, found.balance_row(IST).day) == (1250, Direction.DEBIT, dt.date(2026, 11, 19))
    assert (found.reference, found.balance_minor, found.value_date, found.has_own_id) == ("U1", None, None, False)
    assert found.provider_id == read(dict(element), options).provider_id
    assert found.provider_id != read(element | {"text": "RENT 2"}, options).provider_id


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"AMOUNT": "12.3.4"}, "AMOUNT"),
        ({"AMOUNT": "-1.00"}, "AMOUNT"),
        ({"AMOUNT": None}, "AMOUNT"),
        ({"AMOUNT": True}, "AMOUNT"),
        ({"AMOUNT": ["1.00"]}, "AMOUNT"),
        ({"DR_CR": "?"}, "DR_CR"),
        ({"POST_DATE": "19/11/2026"}, "POST_DATE"),
        ({"BALANCE": "?"}, "BALANCE"),
        ({"TXN_ID": ""}, "TXN_ID"),
    ],
)
def test_a_malformed_row_is_refused_by_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(RecordError, match=named):
        read(row(**changes))
    with pytest.raises(RecordError, match="not an object"):
        read("row")


def test_templates_fill_texts_only() -> None:
    template = {"A": "{account}", "L": ["{first}..{last}", 7, None], "KEEP": "{other} {}"}
    filled = fill_template(template, {"account": "1", "first": "a", "last": "b"})
    assert filled == {"A": "1", "L": ["a..b", 7, None], "KEEP": "{other} {}"}
    assert template["A"] == "{account}"


def test_rows_are_a_list_an_object_or_absent() -> None:
    assert rows_of({"T": row()}, "T") == (row(),)
    assert rows_of({"T": [row()]}, "T") == [row()]
    assert rows_of({}, "T") == ()
    with pytest.raises(ContractChangeError, match="records_path"):
        rows_of({"T": 5}, "T")
