"""Ready-made mappings: each report is known by its header, its amounts fit the record, its own proof holds or fails."""

import csv
import datetime as dt
import io

import pytest

from producers.errors import ConfigurationError
from producers.formats.canonical import FileOrigin, canonicalise
from producers.formats.contract import BadEntry, Entry, EntryStatus, Finding, ParseOptions, StatementEnd, StatementStart
from producers.formats.mappings import ready_made
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof
from tests.fixtures.provider_reports import ADYEN, HDFC, PAYPAL, RAZORPAY, REPORTS, SQUARE, STRIPE


def read(text, **options):
    return list(sniff(text.encode()).parse(io.BytesIO(text.encode()), ParseOptions(**options)))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def summary(entries):
    """Signed amount, fee and settlement of each."""
    sign = {Direction.CREDIT: 1, Direction.DEBIT: -1}
    return [(sign[entry.direction] * entry.amount_minor, entry.fee_minor, entry.settlement_id) for entry in entries]


def test_there_is_a_report_here_for_each_ready_made_mapping():
    assert set(REPORTS) == set(ready_made())


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_known_by_its_header_and_is_read_whole(name):
    events = read(REPORTS[name])
    assert of(StatementStart, events)[0].version.split()[0] == name
    assert not of(BadEntry, events)
    named = read(REPORTS[name], mapping={"name": name})
    assert of(Entry, named) == of(Entry, events)


@pytest.mark.parametrize("name", REPORTS)
def test_columns_may_stand_in_another_order(name):
    delimiter = "\t" if name == "sbi" else ","
    rows = list(csv.reader(io.StringIO(REPORTS[name]), delimiter=delimiter))
    width = max(map(len, rows))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows((row + [""] * (width - len(row)))[::-1] if len(row) > 2 else row for row in rows)
    plain, turned = (of(Entry, read(text)) for text in (REPORTS[name], out.getvalue()))
    assert summary(turned) == summary(plain)
    assert [entry.entry_id for entry in turned] == [entry.entry_id for entry in plain]


@pytest.mark.parametrize(("name", "newest"), [("hdfc", "25,000.50"), ("icici", "12,34,567.89"), ("sbi", "1,75,000.00")])
def test_a_bank_download_proves_by_its_balances_and_ends_at_its_footer(name, newest):
    events = read(REPORTS[name])
    (end,) = of(StatementEnd, events)
    assert (end.proof, end.computed.entries, end.start.currency) == (Proof.PROVED, 2, "INR")
    damaged = REPORTS[name].replace(newest, newest[:-1] + "7")
    assert of(StatementEnd, read(damaged))[0].proof is Proof.FAILED


def test_references_of_indian_rails_are_taken_from_the_narration():
    found = [entry.end_to_end_id for name in ("hdfc", "icici", "sbi") for entry in of(Entry, read(REPORTS[name]))]
    assert found == [
        "507013158785",
        "UTIBN26033123456",
        "603112345678",
        "HDFCN52026020112345678",
        "411212908073",
        "INDBN03101211261",
    ]


def test_wrapped_narration_belongs_to_the_row_before():
    assert of(Entry, read(HDFC))[1].remittance == "NEFT CR-UTIB0000001-CLIENT LTD- UTIBN26033123456 INVOICE 7"


def test_razorpay_amounts_are_before_the_fee_and_settlements_have_the_banks_reference():
    entries = of(Entry, read(RAZORPAY))
    assert summary(entries) == [(10000, 236, "UTR1"), (-1000, 0, "UTR1"), (-500, 0, "UTR1")]
    assert [entry.transaction_type for entry in entries] == ["PAYMENT", "REFUND", "ADJUSTMENT"]
    events = read(RAZORPAY.replace("0,97.64,100.00", "0,96.64,100.00"))
    assert of(StatementEnd, events)[0].proof is Proof.FAILED
    assert [(finding.code, finding.line) for finding in of(Finding, events)] == [("row_mismatch", 2)]


@pytest.mark.parametrize(
    ("name", "old", "new"), [("stripe", "-20.00,0.00,-20.00", "-21.00,0.00,-21.00"), ("adyen", "EUR,127.60", "EUR,127.61")]
)
def test_a_payout_and_its_rows_sum_to_zero(name, old, new):
    assert of(StatementEnd, read(REPORTS[name]))[0].proof is Proof.PROVED
    events = read(REPORTS[name].replace(old, new))
    assert of(StatementEnd, events)[0].proof is Proof.FAILED
    assert "settlement_mismatch" in [finding.code for finding in of(Finding, events)]


def test_stripe_without_the_payouts_row_is_not_provable():
    text = "".join(line for line in STRIPE.splitlines(keepends=True) if "PAYOUT" not in line)
    assert of(StatementEnd, read(text))[0].proof is Proof.NOT_PROVABLE


def test_stripe_fees_are_beside_the_gross_amount():
    entries = of(Entry, read(STRIPE))
    assert summary(entries) == [(60000, 870, "po_1"), (-2000, 0, "po_1"), (-5000, 1500, "po_1"), (-50630, 0, "po_1")]
    assert {entry.currency for entry in entries} == {"EUR"}
    wrong = read(STRIPE.replace("591.30", "591.31"))
    assert "row_mismatch" in [finding.code for finding in of(Finding, wrong)]


def test_adyen_entries_are_in_the_net_currency_before_fees():
    entries = of(Entry, read(ADYEN))
    assert summary(entries) == [
        (4000, 80, "214"),
        (10000, 100, "214"),
        (-1000, 10, "214"),
        (-50, 0, "214"),
        (-12760, 0, "214"),
    ]
    assert {entry.account_id for entry in entries} == {"Shop"}
    unknown = of(Finding, read(ADYEN.replace("CET,Fee,", "CET,NewKind,")))
    assert [finding.code for finding in unknown] == ["unknown_type"]


def test_the_currency_of_the_rows_is_the_listings_whatever_the_feeds_default_is():
    (end,) = of(StatementEnd, read(ADYEN, default_currency="USD"))
    assert (end.start.currency, end.computed.entries, end.computed.credit_minor) == ("EUR", 5, 14000)


def test_paypal_balances_run_by_currency_and_memos_are_no_money():
    events = read(PAYPAL)
    assert of(StatementEnd, events)[0].proof is Proof.PROVED
    entries = of(Entry, events)
    assert [entry.status for entry in entries].count(EntryStatus.INFORMATION) == 1
    assert summary(entries)[0] == (150000, 4480, None)
    assert of(StatementEnd, read(PAYPAL.replace('"1,555.20"', '"1,555.21"')))[0].proof is Proof.FAILED
    (bad,) = of(BadEntry, read(PAYPAL.replace('"1,555.20","Debit"', '"1,555.20","Sideways"')))
    assert "Sideways" in bad.detail


def test_square_needs_the_feeds_currency():
    entries = of(Entry, read(SQUARE, default_currency="USD"))
    assert summary(entries) == [(107000, 185, "DEP1"), (-2000, -55, "DEP1")]
    assert {entry.currency for entry in entries} == {"USD"}
    assert "currency_assumed" in [finding.code for finding in of(Finding, read(SQUARE))]


def test_settlement_and_fee_reach_the_canonical_record():
    origin = FileOrigin(source="stripe", path="x.csv", sha256="0" * 64, ingested_at=dt.datetime(2026, 10, 1, tzinfo=dt.UTC))
    file = canonicalise(read(STRIPE, default_account="acct_1"), origin)
    first = file.transactions[0]
    assert (first.txn_id, first.amount_minor, first.fee_minor, first.settlement_id, first.transaction_type) == (
        "acct_1:txn_1",
        60000,
        870,
        "po_1",
        "PAYMENT",
    )


def test_a_feed_may_change_a_ready_made_mapping_and_must_name_a_known_one():
    (first, *_) = of(Entry, read(STRIPE, mapping={"name": "stripe", "columns": {"reference": "description"}}))
    assert first.customer_reference == "Order 1041"
    with pytest.raises(ConfigurationError, match="hdcf"):
        read(HDFC, mapping={"name": "hdcf"})
