"""BAI2: continuations, funds types, signs, control totals, group statuses, and what goes to quarantine."""

import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import bai2
from producers.formats.contract import (
    BadEntry,
    Entry,
    EntryStatus,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
)
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof
from tests.fixtures.promises import broken_by_file


def parse(content: bytes, options: ParseOptions | None = None) -> list[object]:
    return list(bai2.parse(io.BytesIO(content), options or ParseOptions()))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def codes(events) -> list[str]:
    return [finding.code for finding in of(Finding, events)]


def written(
    *details: str, account: str = "03,77,USD/", total: int = 0, status: str = "1", modifier: str = "2", end: str = "\n"
) -> bytes:
    """A file of one account whose trailers hold when `total` is the sum of its amounts."""
    inner = [account, *details]
    count = len(inner) + 1
    lines = [
        "01,BANK,US,260103,0400,7,,,2/",
        f"02,US,BANK,{status},260102,2359,USD,{modifier}/",
        *inner,
        f"49,{total},{count}/",
        f"98,{total},1,{count + 2}/",
        f"99,{total},1,{count + 4}/",
    ]
    return end.join(lines).encode()


def only(detail: str, total: int, *more: str, **options: str) -> Entry:
    events = parse(written(detail, *more, total=total, **options))
    assert not of(BadEntry, events), events
    (end,) = of(StatementEnd, events)
    assert end.proof is Proof.PROVED, of(Finding, events)
    return of(Entry, events)[0]


def test_an_account_with_balances_proves_ledger_and_transmission():
    account = "03,0012 34,USD,010,1000,,,015,1300,,,100,500,1,,400,200,1,/"
    details = ("16,195,500,Z,B1,C1,Rent/", "16,475,200,0,B2,,/")
    events = parse(written(*details, account=account, total=3700))
    (start,) = of(StatementStart, events)
    assert (start.account_id, start.currency, start.type, start.statement_id) == (
        "001234", "USD", StatementType.STATEMENT, "2026-01-02:260103-7/1",
    )  # fmt: skip
    (end,) = of(StatementEnd, events)
    assert (end.proof, end.opening.amount_minor, end.closing.amount_minor, end.closing.date) == (
        Proof.PROVED, 1000, 1300, dt.date(2026, 1, 2),
    )  # fmt: skip
    rent, cheque = of(Entry, events)
    assert (rent.direction, rent.amount_minor, rent.bank_reference, rent.customer_reference, rent.remittance, rent.code) == (
        Direction.CREDIT, 500, "B1", "C1", "Rent", "195",
    )  # fmt: skip
    assert (cheque.direction, cheque.value_date, cheque.booking_date, cheque.customer_reference) == (
        Direction.DEBIT, dt.date(2026, 1, 2), dt.date(2026, 1, 2), None,
    )  # fmt: skip
    assert (rent.position, cheque.line) == ("4", 5)


@pytest.mark.parametrize(
    ("detail", "value_date"),
    [
        ("16,195,5,,B,C,T/", None),
        ("16,195,5,S,1,2,2,B,C,T/", None),
        ("16,195,5,V,260107,,B,C,T/", dt.date(2026, 1, 7)),
        ("16,195,5,V,260231,1200,B,C,T/", None),
        ("16,195,5,D,2,0,3,1,2,B,C,T/", None),
        ("16,195,5,D,0,B,C,T/", None),
    ],
)
def test_funds_types_have_fields_of_their_own(detail, value_date):
    found = only(detail, 5)
    assert (found.value_date, found.bank_reference, found.customer_reference, found.remittance) == (value_date, "B", "C", "T")


def test_text_may_hold_commas_and_slashes():
    assert only("16,195,5,Z,B,C,a/b, c; d/", 5).remittance == "a/b, c; d"
    assert only("16,195,5,Z,B,C,no delimiter", 5).remittance == "no delimiter"


def test_a_continuation_goes_on_in_text_or_in_fields():
    assert only("16,195,5,Z,B,C,first", 5, "88,second", "88,third, of it/").remittance == "first\nsecond\nthird, of it"
    assert only("16,195,5,Z,B/", 5, "88,C,text/").customer_reference == "C"
    assert only("16,195,5,V/", 5, "88,260107,,B,C/").value_date == dt.date(2026, 1, 7)
    assert only("16,195,5,Z,B,C,first/", 5, "88,second/").remittance == "first\nsecond"


def test_a_continuation_in_the_middle_of_a_group_of_balances():
    # ministryofjustice/bai2 #50: the code stands before the continuation and its amount behind it.
    account = "03,77,,010,100,,,015/\n88,100,,,100,0,,/\n88,,/"
    (end,) = of(StatementEnd, parse(written(account=account, total=200).replace(b"49,200,2", b"49,200,4")
                                    .replace(b"98,200,1,4", b"98,200,1,6").replace(b"99,200,1,6", b"99,200,1,8")))  # fmt: skip
    assert (end.opening.amount_minor, end.closing.amount_minor, end.proof) == (100, 100, Proof.PROVED)


@pytest.mark.parametrize(
    ("code", "direction"),
    [("100", "CREDIT"), ("399", "CREDIT"), ("400", "DEBIT"), ("699", "DEBIT"), ("721", "CREDIT"), ("760", "DEBIT")],
)
def test_the_sign_is_that_of_the_type_code(code, direction):
    assert only(f"16,{code},5,Z/", 5).direction is Direction(direction)


def test_a_code_of_the_bank_needs_a_table_and_is_kept_out_without_one():
    content = written("16,905,5,Z/", "16,195,6,Z/", total=11)
    events = parse(content)
    (bad,) = of(BadEntry, events)
    assert "type_codes" in bad.detail
    assert (bad.position, bad.raw) == ("4", b"16,905,5,Z/")
    assert of(StatementEnd, events)[0].bad_entries == 1
    mapped = parse(content, ParseOptions(mapping={"type_codes": {"905": "DEBIT"}}))
    assert [entry.direction for entry in of(Entry, mapped)] == [Direction.DEBIT, Direction.CREDIT]


def test_non_monetary_information_is_no_money():
    found = only("16,890,,Z,,,the branch is closed/", 0)
    assert (found.status, found.amount_minor) == (EntryStatus.INFORMATION, 0)


def test_amounts_have_the_decimals_of_the_currency():
    found = only("16,195,500,Z/", 500, account="03,77,JPY/")
    assert (found.amount_minor, found.currency) == (500, "JPY")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"49,5,3/", b"49,6,3/", "control_total"),
        (b"49,5,3/", b"49,5,4/", "record_count"),
        (b"98,5,1,5/", b"98,5,2,5/", "record_count"),
        (b"98,5,1,5/", b"98,7,1,5/", "control_total"),
        (b"99,5,1,7/", b"99,5,1,8/", "record_count"),
        (b"99,5,1,7/", b"99,x,1,7/", "malformed_trailer"),
    ],
)
def test_a_trailer_that_does_not_hold_fails_the_proof_and_keeps_the_entries(old, new, code):
    content = written("16,195,5,Z/", total=5)
    assert old in content
    events = parse(content.replace(old, new))
    assert code in codes(events)
    assert of(StatementEnd, events)[0].proof is Proof.FAILED
    assert len(of(Entry, events)) == 1


def test_asb_leaves_a_count_of_the_group_out():
    content = written("16,195,5,Z/", total=5).replace(b"98,5,1,5/", b"98,5,5/")
    assert of(StatementEnd, parse(content))[0].proof is Proof.PROVED


def test_details_that_do_not_make_the_closing_balance_fail():
    account = "03,77,USD,010,0,,,015,9,,/"
    events = parse(written("16,195,5,Z/", account=account, total=14))
    assert codes(events) == ["balance_mismatch"]
    assert of(StatementEnd, events)[0].proof is Proof.FAILED


def test_summaries_without_all_their_details_prove_nothing_and_fail_nothing():
    account = "03,77,USD,010,0,,,015,9,,,100,9,2,,400,0,0,/"
    events = parse(written("16,195,5,Z/", account=account, total=23))
    assert codes(events) == ["details_incomplete"]
    assert of(StatementEnd, events)[0].proof is Proof.NOT_PROVABLE


@pytest.mark.parametrize(
    ("status", "kind", "entry_status"),
    [
        ("1", StatementType.STATEMENT, EntryStatus.BOOKED),
        ("2", StatementType.NOTIFICATION, EntryStatus.INFORMATION),
        ("3", StatementType.STATEMENT, EntryStatus.BOOKED),
        ("4", StatementType.NOTIFICATION, EntryStatus.INFORMATION),
    ],
)
def test_deletions_and_tests_are_no_money(status, kind, entry_status):
    events = parse(written("16,195,5,Z/", total=5, status=status))
    assert of(StatementStart, events)[0].type is kind
    assert of(Entry, events)[0].status is entry_status
    assert bool(codes(events)) == (status != "1")


@pytest.mark.parametrize(
    ("modifier", "kind"), [("1", "REPORT"), ("2", "STATEMENT"), ("3", "REPORT"), ("4", "REPORT"), ("", "STATEMENT")]
)
def test_interim_and_same_day_groups_are_not_the_ledger(modifier, kind):
    assert of(StatementStart, parse(written(modifier=modifier)))[0].type is StatementType(kind)


def test_a_bad_line_is_kept_with_its_bytes_and_the_rest_goes_on():
    events = parse(written("16,195,5,Z/", "16,195,five,Z/", "XX,what is this/", "16,195,6,Z/", total=11))
    assert [(bad.position, bad.raw) for bad in of(BadEntry, events)] == [("5", b"16,195,five,Z/"), ("6", b"XX,what is this/")]
    assert [entry.amount_minor for entry in of(Entry, events)] == [5, 6]
    # The counts of the trailers cover the line that is none.
    assert of(StatementEnd, events)[0].proof is Proof.FAILED


def test_an_account_without_trailer_is_incomplete():
    content = written("16,195,5,Z/", total=5).replace(b"49,5,3/\n", b"")
    (end,) = of(StatementEnd, parse(content))
    assert not end.complete
    assert end.proof is not Proof.PROVED


def test_several_files_in_one_stream():
    assert [start.index for start in of(StatementStart, parse(written() + b"\n" + written()))] == [1, 2]


def test_recognised_by_content():
    assert sniff(written()).name == "bai2"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"00,0004,1/2/345,06/0321,0829,001,80,1,2/",
        b"\xff\xfe0\x001\x00",
        b"01,a,b,260101,0000,1,,,2/\n16,195," + b"9" * (2 << 20),
        b"01,a,b,260101,0000,1,,,2/\n16,195,1,Z,,,x\n" + b"88,y\n" * 20_000,
        b"01,a,b,260101,0000,1,,,2/\n" * 2,
    ],
    ids=["empty", "no header", "utf-16", "long line", "endless record", "header twice"],
)
def test_hostile_and_foreign_files_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        parse(content)


def test_cut_anywhere_it_never_passes_as_whole():
    whole = written("16,195,5,Z,B,C,text/", "88,more/", "16,475,3,Z/", total=8)
    full = [event for event in parse(whole) if isinstance(event, Entry | StatementEnd)]
    for size in range(len(whole) - 1):
        try:
            events = parse(whole[:size])
        except FileFormatError:
            continue
        # Cut inside the last record: its total or counts no longer hold.
        assert [event for event in events if isinstance(event, Entry | StatementEnd)] != full or of(Finding, events), size


details = st.lists(
    st.tuples(
        st.sampled_from(["195", "475", "108", "409"]),
        st.integers(0, 10**12),
        st.sampled_from(["", "0", "1", "2", "Z"]),
        st.text("ABCab 19-", max_size=8).map(str.strip),
        st.text("ABCab19,/ .&", max_size=30).map(lambda text: text.strip(" /,")),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(details, st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_is_read(rows, end):
    total = sum(amount for _, amount, *_ in rows)
    lines = [f"16,{code},{amount},{funds},B{number},{ref},{text}/" for number, (code, amount, funds, ref, text) in enumerate(rows)]
    if any("/ " in line for line in lines):
        return  # what may be a second record on the line is a test of its own
    events = parse(written(*lines, total=total, end=end))
    found = [(entry.code, entry.amount_minor, entry.remittance or "") for entry in of(Entry, events)]
    assert found == [(code, amount, text) for code, amount, _, _, text in rows]
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([b"01", b"02", b"03", b"16", b"49", b"88", b"98", b"99", b"??"]), st.binary(max_size=30)))
)
def test_garbage_ends_in_events_or_the_typed_error(records):
    content = b"01,a,b,260101,0000,1,,,2/\n" + b"\n".join(code + b"," + rest for code, rest in records)
    assert broken_by_file(lambda: parse(content)) == []
