"""QIF: dates, amounts, splits, accounts, and what goes to quarantine."""

import contextlib
import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import qif
from producers.formats.contract import BadEntry, Entry, EntryStatus, Finding, ParseOptions, StatementEnd, StatementStart
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof
from tests.fixtures.promises import broken_by_file


def parse(content: bytes | str, **options) -> list[object]:
    raw = content.encode() if isinstance(content, str) else content
    return list(qif.parse(io.BytesIO(raw), ParseOptions(**({"default_currency": "EUR"} | options))))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def codes(events) -> list[str]:
    return [finding.code for finding in of(Finding, events)]


def only(*lines: str, **options) -> Entry:
    events = parse("\n".join(["!Type:Bank", *lines, "^", ""]), **options)
    assert not of(BadEntry, events), events
    return of(Entry, events)[0]


def test_a_record():
    found = only("D1/31'26", "T-1,234.50", "N1001", "PACME", "Minvoice 5", "LHousehold", default_account="A1")
    assert (found.amount_minor, found.direction, found.booking_date, found.account_id) == (
        123450, Direction.DEBIT, dt.date(2026, 1, 31), "A1",
    )  # fmt: skip
    assert (found.customer_reference, found.counterparty_name, found.remittance, found.line) == ("1001", "ACME", "invoice 5", 2)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("1/31'26", dt.date(2026, 1, 31)),
        ("31/1/2026", dt.date(2026, 1, 31)),
        ("31.01.2026", dt.date(2026, 1, 31)),
        ("1/31/98", dt.date(1998, 1, 31)),
        ("2026-01-31", dt.date(2026, 1, 31)),
        (" 1/31' 5", dt.date(2005, 1, 31)),
        ("5/5/2026", dt.date(2026, 5, 5)),
    ],
)
def test_dates(date, expected):
    assert only(f"D{date}", "T1.00").booking_date == expected


def test_the_file_as_a_whole_tells_day_from_month():
    events = parse("!Type:Bank\nD1/2/2026\nT1.00\n^\nD31/1/2026\nT1.00\n^\n")
    assert of(Entry, events)[0].booking_date == dt.date(2026, 2, 1)
    with pytest.raises(FileFormatError, match="date_format"):
        parse("!Type:Bank\nD1/2/2026\nT1.00\n^\n")
    with pytest.raises(FileFormatError, match="date_format"):
        parse("!Type:Bank\nD1/31/2026\nT1.00\n^\nD31/1/2026\nT1.00\n^\n")
    assert only("D1/2/2026", "T1.00", mapping={"date_format": "%m/%d/%Y"}).booking_date == dt.date(2026, 1, 2)


def test_decimal_commas():
    assert only("D31/1/2026", "T1.234,50").amount_minor == 123450


def test_splits_must_make_the_amount():
    lines = ("!Type:Bank", "D1/31/2026", "T-30.00", "SFood", "Elunch", "$-10.00", "SFuel", "$-20.00", "^")
    assert codes(parse("\n".join(lines))) == []
    assert codes(parse("\n".join(lines).replace("$-20.00", "$-21.00"))) == ["split_sum_mismatch"]


def test_accounts_sections_and_what_is_not_read():
    content = (
        "!Option:AutoSwitch\n!Account\nNMy Checking\nTBank\n^\n!Type:Bank\nD1/31/2026\nT1.00\n^\n"
        "!Type:Cat\nNFood\nD1/31/2026\n^\n!Account\nNCard\n^\n!Type:CCard\nD1/31/2026\nT2.00\n^\n!Type:Invst\nD1/31/2026\nT9.00\n^\n"
    )
    events = parse(content)
    assert [(start.account_id, start.index) for start in of(StatementStart, events)] == [("MyChecking", 1), ("Card", 2)]
    assert [entry.amount_minor for entry in of(Entry, events)] == [100, 200]
    assert codes(events) == ["investment_section"]
    assert {end.proof for end in of(StatementEnd, events)} == {Proof.NOT_PROVABLE}


def test_an_opening_balance_is_no_movement():
    assert only("D1/31/2026", "T500.00", "POpening Balance", "L[Checking]").status is EntryStatus.INFORMATION


def test_without_a_currency_it_is_assumed_and_said():
    events = parse("!Type:Bank\nD1/31/2026\nT1.00\n^\n", default_currency=None)
    assert (of(Entry, events)[0].currency, codes(events)) == ("XXX", ["currency_assumed"])


@pytest.mark.parametrize(
    "lines", ["Dsoon\nT1.00", "D2/31/2026\nT1.00", "T1.00", "D1/31/2026\nTmuch", "D1/31/2026", "D1/31/2026\nT1.005"]
)
def test_a_record_that_cannot_be_read_is_quarantined_and_the_rest_kept(lines):
    events = parse(f"!Type:Bank\n{lines}\n^\nD1/30/2026\nT2.00\n^\n")
    (bad,) = of(BadEntry, events)
    assert (bad.position, bad.raw) == ("2", f"{lines}\n^".encode())
    assert [entry.amount_minor for entry in of(Entry, events)] == [200]


def test_recognised_by_content():
    assert sniff(b"!Type:Bank\nD1/31/2026\n").name == "qif"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "D1/31/2026\nT1.00\n^\n",
        "!Type:Bank\nD1/31/2026\nT1.00\n",
        "!Type:Bank\n" + "A1\n" * 20_000,
        "!Type:Bank\nM" + "x" * (2 << 20),
    ],
    ids=["empty", "no header", "cut", "endless record", "long line"],
)
def test_hostile_and_foreign_files_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        parse(content)


def test_cut_anywhere_a_record_is_whole_or_the_file_is_refused():
    whole = "!Type:Bank\r\nD1/31/2026\r\nT1.00\r\nPone\r\n^\r\nD1/30/2026\r\nT2.00\r\nPtwo\r\n^\r\n"
    full = of(Entry, parse(whole))
    for size in range(len(whole)):
        with contextlib.suppress(FileFormatError):
            assert of(Entry, parse(whole[:size])) in ([], full[:1], full), size


payees = st.text("ABC é/19^!", max_size=20).map(str.strip)
days = st.dates(dt.date(1970, 1, 1), dt.date(2069, 12, 31))
rows = st.lists(st.tuples(st.integers(-(10**11), 10**11), days, payees), max_size=8)


@settings(max_examples=150, deadline=None)
@given(rows, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["%m/%d/%Y", "%d/%m/%Y", "%d/%m/%y"]))
def test_what_is_written_is_read(entries, end, date_format):
    lines = ["!Type:Bank"]
    for minor, day, payee in entries:
        amount = f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
        lines += [f"D{day.strftime(date_format)}", f"T{amount}", f"P{payee}", "^"]
    events = parse(end.join(lines), mapping={"date_format": date_format})
    signs = {Direction.CREDIT: 1, Direction.DEBIT: -1}
    found = [(signs[e.direction] * e.amount_minor, e.booking_date, e.counterparty_name or "") for e in of(Entry, events)]
    assert found == entries


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"!", b"!Type:Bank", b"D", b"T", b"$", b"^", b"N", b""]), st.binary(max_size=20))))
def test_garbage_ends_in_events_or_the_typed_error(records):
    assert broken_by_file(lambda: parse(b"!Type:Bank\n" + b"\n".join(kind + rest for kind, rest in records))) == []
