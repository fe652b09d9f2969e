"""PayPal settlement reports: a statement per section and currency, each proved by its footer; fees beside gross amounts."""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats.contract import BadEntry, Entry, Finding, ParseOptions, StatementEnd
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof

COLUMNS = (
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
    '"Transaction Initiation Date","Transaction Completion Date","Transaction Debit or Credit","Gross Transaction Amount",'
    '"Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency","Custom Field","Bank Reference ID"\n'
)
DAY = "2026/02/01"


def row(identity, code, flag, amount, currency, fee=("", 0), bank=""):
    return (
        f'"SB","{identity}","INV ""7""","","","{code}",{DAY} 09:00:00 +0400,{DAY} 23:30:00 +0400,"{flag}",{amount},"{currency}",'
        f'"{fee[0]}",{fee[1]},"{currency}","order, 7","{bank}"\n'
    )


def report(*sections):
    head = f'"RH",{DAY} 17:41:54 +0400,"R","ACC","9"\n"FH",01\n'
    body = "".join(sections)
    rows = body.count('"SB",')
    return f'{head}{body}"FF",{rows}\n"RF",{rows}\n'


def section(account, rows, *footers):
    begin = f'"SH",{DAY} 00:00:00 +0400,{DAY} 23:59:59 +0400,"{account}",""\n{COLUMNS}'
    return begin + "".join(rows) + "".join(footers) + f'"SC",{len(rows)}\n'


def footer(currency, totals, opening, closing):
    numbers = ",".join(map(str, totals))
    return f'"SF","{currency}",{numbers},"{opening[0]}",{opening[1]},"{closing[0]}",{closing[1]},"CR",0,"CR",0,"CR",0,"CR",0,8\n'


ROWS = (
    row("1AB", "T0006", "CR", 10000, "USD", ("DR", 320)),
    row("2AB", "T0006", "CR", 5000, "JPY", ("DR", 200)),
    row("3AB", "T1107", "DR", 2000, "USD", ("CR", 60)),
    row("4AB", "T0400", "DR", 9000, "USD", bank="BANKREF1"),
)
FOOTERS = (
    footer("USD", (10000, 11000, 60, 320), ("CR", 1500), ("CR", 240)),
    footer("JPY", (5000, 0, 0, 200), ("DR", 100), ("CR", 4700)),
)
REPORT = report(section("ACC", ROWS, *FOOTERS))


def read(text, **options):
    content = text if isinstance(text, bytes) else text.encode("utf-8-sig")
    form = sniff(content)
    assert form.name == "paypal.stl"
    return list(form.parse(io.BytesIO(content), ParseOptions(**options)))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_each_currency_of_a_section_is_a_statement_that_proves():
    ends = of(StatementEnd, read(REPORT))
    assert [(end.start.index, end.start.account_id, end.start.currency, end.proof) for end in ends] == [
        (1, "ACC", "USD", Proof.PROVED),
        (2, "ACC", "JPY", Proof.PROVED),
    ]
    assert [(end.opening.amount_minor, end.closing.amount_minor) for end in ends] == [(1500, 240), (-100, 4700)]
    assert ends[0].start.version == "STL 9"


def test_entries_have_the_gross_amount_and_the_fee_with_its_sign():
    entries = of(Entry, read(REPORT))
    sign = {Direction.CREDIT: 1, Direction.DEBIT: -1}
    assert [(sign[e.direction] * e.amount_minor, e.currency, e.fee_minor, e.transaction_type) for e in entries] == [
        (10000, "USD", 320, "PAYMENT"),
        (-2000, "USD", -60, "REFUND"),
        (-9000, "USD", 0, "PAYOUT"),
        (5000, "JPY", 200, "PAYMENT"),
    ]
    assert [entry.line for entry in entries] == [5, 7, 8, 6]
    assert (entries[2].bank_reference, entries[0].customer_reference, entries[0].remittance) == ("BANKREF1", 'INV "7"', "order, 7")
    # The day in the report's own zone; converted to UTC or back it would be another.
    assert {str(entry.booking_date) for entry in entries} == {"2026-02-01"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"CR",240', '"CR",241', "balance_mismatch"),
        ("10000,11000,60,320", "10000,11000,60,321", "declared_total_mismatch"),
        ("10000,11000,60,320", "10001,11000,60,320", "declared_total_mismatch"),
    ],
)
def test_a_footer_that_does_not_hold_is_a_failed_proof(old, new, code):
    events = read(REPORT.replace(old, new))
    assert [end.proof for end in of(StatementEnd, events)] == [Proof.FAILED, Proof.PROVED]
    assert [finding.code for finding in of(Finding, events)] == [code]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"CR",10000,"USD"', '"CR",100.00,"USD"', "amount"),
        ('"CR",10000,"USD"', '"XX",10000,"USD"', "malformed_row"),
        (f'{DAY} 23:30:00 +0400,"CR",10000', '2026/02/30 23:30:00 +0400,"CR",10000', "date"),
        ('"CR",10000,"USD"', '"CR",10000,""', "malformed_row"),
    ],
)
def test_a_row_that_cannot_be_read_is_quarantined_once_and_the_proof_fails(old, new, reason):
    events = read(REPORT.replace(old, new))
    (bad,) = of(BadEntry, events)
    assert (bad.reason, bad.line, bad.raw.split(b",")[1]) == (reason, 5, b'"1AB"')
    assert of(StatementEnd, events)[0].proof is Proof.FAILED
    assert len(of(Entry, events)) == 3


def test_sections_of_several_accounts_are_statements_of_their_own():
    one = section("ONE", [row("1", "T0006", "CR", 100, "USD")], footer("USD", (100, 0, 0, 0), ("CR", 0), ("CR", 100)))
    two = section("TWO", [], footer("USD", (0, 0, 0, 0), ("CR", 7), ("CR", 7)))
    ends = of(StatementEnd, read(report(one, two)))
    assert [(end.start.account_id, end.computed.entries, end.proof) for end in ends] == [
        ("ONE", 1, Proof.PROVED),
        ("TWO", 0, Proof.PROVED),
    ]


def test_rows_of_a_currency_without_a_footer_in_their_section_prove_nothing():
    one = section("ONE", [row("1", "T0006", "CR", 100, "EUR")], footer("USD", (0, 0, 0, 0), ("CR", 0), ("CR", 0)))
    two = section("TWO", [], footer("EUR", (0, 0, 0, 0), ("CR", 7), ("CR", 7)))
    events = read(report(one, two))
    assert [(end.start.account_id, end.start.currency, end.proof) for end in of(StatementEnd, events)] == [
        ("ONE", "USD", Proof.PROVED),
        ("ONE", "EUR", Proof.FAILED),
        ("TWO", "EUR", Proof.PROVED),
    ]
    assert [finding.code for finding in of(Finding, events)] == ["footer_missing"]
    assert len(of(Entry, events)) == 1


@pytest.mark.parametrize("twentieth", range(3, 20))
def test_a_report_that_is_cut_short_is_refused(twentieth):
    content = REPORT.replace('"FF",4\n"RF",4\n', "").encode()
    with pytest.raises(FileFormatError):
        list(sniff(REPORT.encode()).parse(io.BytesIO(content[: len(content) * twentieth // 20])))


def test_a_report_that_ends_after_a_whole_section_is_refused():
    with pytest.raises(FileFormatError, match="cut short"):
        read(REPORT.replace('"FF",4\n"RF",4\n', ""))


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_damaged_bytes_end_in_events_or_the_typed_error(chance: random.Random, count):
    content = bytearray(REPORT.encode())
    for _ in range(count):
        content[chance.randrange(len(content))] = chance.choice(b'\0\r\n\t ,;"-+09AZaz\x80\xc3\xff')
    try:
        for _ in sniff(REPORT.encode()).parse(io.BytesIO(bytes(content))):
            pass
    except FileFormatError as error:
        assert str(error)


@pytest.mark.parametrize("count", ['"SC",3', '"SC",8', '"FF",5', '"RF",3'])
def test_a_count_that_does_not_hold_fails_the_proof_of_its_section(count):
    events = read(REPORT.replace(f"{count[:5]}4", count))
    assert [end.proof for end in of(StatementEnd, events)] == [Proof.FAILED, Proof.FAILED]
    assert {finding.code for finding in of(Finding, events)} == {"record_count"}


@pytest.mark.parametrize("count", ['"SC",9', '"SC"', '"SC","4"', '"SC",USD'])
def test_a_count_of_all_records_or_of_none_is_no_fault(count):
    # SH, CH, four rows, two footers and SC itself are nine records.
    content = REPORT.replace('"SC",4', count)
    events = read(content)
    assert [end.proof for end in of(StatementEnd, events)] == [Proof.PROVED, Proof.PROVED]


def test_only_the_section_whose_count_is_wrong_fails():
    other = section("ACC2", ROWS[:1], footer("USD", (10000, 0, 0, 320), ("CR", 0), ("CR", 9680))).replace('"SC",1', '"SC",2')
    ends = of(StatementEnd, read(report(section("ACC", ROWS, *FOOTERS), other)))
    assert {(end.start.account_id, end.proof) for end in ends} == {("ACC", Proof.PROVED), ("ACC2", Proof.FAILED)}


def test_the_count_of_a_report_that_began_in_another_file_is_not_held_against_this_one():
    content = REPORT.split("\n", 1)[1].replace('"RF",4', '"RF",1000004')
    assert [end.proof for end in of(StatementEnd, read(content))] == [Proof.PROVED, Proof.PROVED]
