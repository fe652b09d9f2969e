"""HDFC statement lines as canonical transactions."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import FieldError
from producers.kit.record_origin import RecordOrigin
from producers.providers.hdfc.mapping import Line, letters, line_to_transaction, parse_line, row_rules
from producers.providers.hdfc.options import FieldMap, HdfcOptions
from schemas.records import CanonicalTransaction, Direction

SAMPLES = Path(__file__).parents[6] / "shared" / "samples" / "providers" / "hand_written" / "hdfc"
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
ORIGIN = RecordOrigin("hdfc", "default", "50200012345678", "abc#0", NOW)
OPTIONS = HdfcOptions(account_ids=("50200012345678",))


def read(line: Any, options: HdfcOptions = OPTIONS) -> Line:
    return parse_line(line, options.fields, row_rules(options))


def row(**changes: Any) -> dict[str, Any]:
    base = {
        "Transaction Id": "H261119000001",
        "Account number ": "50200012345678",
        "Debit Credit": "Credit",
        "Amount": "10,50,510.00",
        "Balance": "-12.50",
        "Mnemonic Code": "NEFT",
        "Value Date": "2026-11-19",
        "Transaction Description": "NEFT CR-UTIB0000100-RAZORPAY SOFTWARE PRIVATE LIMITED-ACME-UTIBN26323000123",
        "Transaction Date": "2026-11-19 00:10",
    }
    return base | {name.replace("_", " "): value for name, value in changes.items()}


def canonical(options: HdfcOptions = OPTIONS, **changes: Any) -> CanonicalTransaction:
    return line_to_transaction(read(row(**changes), options), options, ORIGIN)


def test_payout_credit():
    record = canonical()
    assert record.txn_id == "50200012345678:H261119000001"
    assert (record.amount_minor, record.currency, record.direction) == (105051000, "INR", Direction.CREDIT)
    assert record.settlement_id == record.reference_number == record.bank_reference == "UTIBN26323000123"
    assert record.booked_at == dt.datetime(2026, 11, 18, 18, 40, tzinfo=dt.UTC), (
        "ten past midnight in India is the day before in UTC"
    )
    assert record.value_date == dt.date(2026, 11, 19)
    assert (record.channel, record.transaction_type, record.bank_code) == ("NEFT", "TRANSFER", "HDFC")


def test_balance_keeps_its_sign():
    assert read(row(), OPTIONS).balance_minor == -1250


def test_debit_has_no_settlement():
    record = canonical(Debit_Credit="D")
    assert record.direction is Direction.DEBIT
    assert record.settlement_id is None
    assert record.reference_number == "UTIBN26323000123"


def test_padded_rrn_of_the_reference_column():
    record = canonical(
        User_Reference_Number="0000632312345678", Transaction_Description="UPI-ASHA-asha@okaxis", Mnemonic_Code="UPI"
    )
    assert record.reference_number == "632312345678"
    assert (record.channel, record.transaction_type) == ("UPI", "TRANSFER")


@pytest.mark.parametrize("placeholder", ["", "NONREF", "0000000000000000", None])
def test_placeholder_in_the_reference_column_gives_way_to_the_narration(placeholder: str | None):
    assert canonical(User_Reference_Number=placeholder).reference_number == "UTIBN26323000123"


def test_reference_of_a_shape_that_no_rail_has_still_ties_the_payout():
    record = canonical(Transaction_Description="NEFT CR-YESB0000001-RAZORPAY-ACME-1568176960vxp0rj")
    assert record.settlement_id == "1568176960VXP0RJ"
    assert record.reference_number is None


def test_payout_pattern_leaves_other_credits_alone():
    options = OPTIONS.model_copy(update={"payout_pattern": "razorpay"})
    assert canonical(options).settlement_id == "UTIBN26323000123"
    other = canonical(options, Transaction_Description="NEFT CR-ICIC0000001-EXAMPLE TRADERS-ICICN26324123456")
    assert other.settlement_id is None
    assert other.reference_number == "ICICN26324123456"


def test_reversal_flag_keeps_the_direction():
    record = canonical(Debit_Credit="Debit", Reversal_Flag="Y")
    assert record.is_reversal
    assert record.direction is Direction.DEBIT


def test_repeat_is_in_the_id():
    line = read(row(), OPTIONS)
    assert line_to_transaction(line, OPTIONS, ORIGIN, repeat=2).txn_id.endswith(":H261119000001-2")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Amount": "12.3.4"}, "amount"),
        ({"Amount": "1.005"}, "amount"),
        ({"Amount": "-5.00"}, "amount"),
        ({"Amount": ""}, "amount"),
        ({"Balance": "n/a"}, "amount"),
        ({"Debit_Credit": "?"}, "direction"),
        ({"Transaction_Date": "19/11/2026"}, "date"),
        ({"Value_Date": "2026-02-30"}, "date"),
        ({"Transaction_Id": "  "}, "line_id"),
    ],
)
def test_unreadable_line_names_its_reason(changes: dict[str, str], reason: str):
    with pytest.raises(FieldError) as caught:
        read(row(**changes), OPTIONS)
    assert caught.value.reason == reason


def test_other_field_names_and_date_format():
    options = HdfcOptions(
        account_ids=("1",),
        fields=FieldMap(line_id="Txn Ref", amount="TXN_AMT"),
        date_format="%d/%m/%Y",
        time_formats=("%d/%m/%Y %H:%M:%S",),
    )
    payload = row(Transaction_Date="19/11/2026 10:00:01", Value_Date="19/11/2026") | {"txn ref": "R1", "Txn Amt": "5"}
    line = read(payload, options)
    assert (line.line_id, line.amount_minor, line.booked_at.second) == ("R1", 500, 1)


def test_hand_written_credit_alert_has_the_same_field_names():
    if not SAMPLES.is_dir():
        pytest.skip("the third-party samples are not beside this checkout")
    alert = json.loads((SAMPLES / "credit_alert_request.json").read_text())["GenericCorporateAlertRequest"][0]
    options = OPTIONS.model_copy(update={"fields": FieldMap(line_id="Alert Sequence No")})
    record = line_to_transaction(read(alert, options), options, ORIGIN)
    assert (record.amount_minor, record.reference_number) == (561222, "ICICN26324123456")
    assert record.booked_at == dt.datetime(2026, 11, 20, 3, 5, tzinfo=dt.UTC)
    assert (record.counterparty_name, record.counterparty_bank) == ("EXAMPLE TRADERS", "ICIC0000001")


@given(st.text(max_size=40))
def test_field_names_compare_by_letters_only(name: str):
    assert letters(f" {name} _") == letters(name)


@given(
    st.dictionaries(
        st.sampled_from(
            ["Transaction Id", "Debit Credit", "Amount", "Balance", "Transaction Date", "Value Date", "User Reference Number"]
        ),
        st.none() | st.text(max_size=12) | st.integers() | st.booleans() | st.lists(st.integers(), max_size=1),
    )
)
def test_any_line_is_read_or_refused_with_a_reason(changes: dict[str, Any]):
    try:
        record = line_to_transaction(read(row() | changes, OPTIONS), OPTIONS, ORIGIN)
    except FieldError as error:
        assert error.reason in {"line_id", "direction", "amount", "date", "malformed_row"}
    else:
        assert record.amount_minor >= 0
