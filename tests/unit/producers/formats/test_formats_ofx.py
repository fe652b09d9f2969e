"""OFX: SGML and XML, dates, signs, charsets, corrections, what is no statement, and hostile files."""

import contextlib
import datetime as dt
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import ofx
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

SGML = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE"?>\n'
ROW = "<TRNTYPE>OTHER<DTPOSTED>20260102<TRNAMT>-12.50<FITID>F1"


def parse(content: bytes | str, options: ParseOptions | None = None) -> list[object]:
    raw = content.encode() if isinstance(content, str) else content
    return list(ofx.parse(io.BytesIO(raw), options or ParseOptions()))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def codes(events) -> list[str]:
    return [finding.code for finding in of(Finding, events)]


def document(*rows: str, currency="<CURDEF>EUR", balance="<LEDGERBAL><BALAMT>100.00<DTASOF>20260131</LEDGERBAL>", head=SGML) -> str:
    transactions = "\n".join(f"<STMTTRN>{row}</STMTTRN>" for row in rows)
    return (
        f"{head}<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS>{currency}"
        f"<BANKACCTFROM><BANKID>99<ACCTID>12 34<ACCTTYPE>CHECKING</BANKACCTFROM>"
        f"<BANKTRANLIST><DTSTART>20260101<DTEND>20260131\n{transactions}\n</BANKTRANLIST>{balance}"
        "<AVAILBAL><BALAMT>7.00<DTASOF>20260131</AVAILBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


def only(row: str, **options) -> Entry:
    events = parse(document(row, **options))
    assert not of(BadEntry, events), events
    return of(Entry, events)[0]


@pytest.mark.parametrize(
    "body",
    ["<STMTTRN><TRNAMT>1<DTPOSTED>20260105</STMTTRN></OFX>", "</OFX><STMTTRN><TRNAMT>1<DTPOSTED>20260105</STMTTRN>"],
)
def test_a_statement_without_end_is_refused(body: str) -> None:
    with pytest.raises(FileFormatError, match="has no end"):
        list(ofx.parse(io.BytesIO(f"OFXHEADER:100\nVERSION:102\n\n<OFX><STMTRS>{body}".encode())))


def test_a_statement_of_a_bank_account():
    events = parse(document(ROW + "<CHECKNUM>77<NAME>ACME<MEMO>invoice 5", ROW.replace("-12.50", "3").replace("F1", "F2")))
    (start,) = of(StatementStart, events)
    assert (start.account_id, start.currency, start.type, start.version, start.statement_id) == (
        "1234", "EUR", StatementType.LISTING, "OFX 102", "2026-01-01/2026-01-31",
    )  # fmt: skip
    first, second = of(Entry, events)
    assert (first.amount_minor, first.direction, first.bank_reference, first.customer_reference) == (
        1250,
        Direction.DEBIT,
        "F1",
        "77",
    )
    assert (first.counterparty_name, first.remittance, first.code) == ("ACME", "invoice 5", "OTHER")
    assert (second.amount_minor, second.direction) == (300, Direction.CREDIT)
    (end,) = of(StatementEnd, events)
    assert (end.proof, end.closing.amount_minor, end.closing.date, end.opening) == (
        Proof.NOT_PROVABLE, 10000, dt.date(2026, 1, 31), None,
    )  # fmt: skip


def test_xml_and_card_accounts():
    content = document(ROW, head=XML).replace("STMTRS", "CCSTMTRS").replace("BANKACCTFROM", "CCACCTFROM").replace("<BANKID>99", "")
    content = content.replace("<TRNAMT>-12.50", "<TRNAMT>-12.50</TRNAMT>").replace("<FITID>F1", "<FITID>F1</FITID>")
    events = parse(content)
    assert (of(StatementStart, events)[0].account_id, of(StatementStart, events)[0].version) == ("1234", "OFX 211")
    assert (of(Entry, events)[0].amount_minor, of(Entry, events)[0].bank_reference) == (1250, "F1")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("20260131233000[-5:EST]", dt.date(2026, 1, 31)),
        ("20260131003000.000[+12:NZST]", dt.date(2026, 1, 31)),
        ("20260131", dt.date(2026, 1, 31)),
    ],
)
def test_the_local_date_is_taken_as_written(written, expected):
    assert only(ROW.replace("20260102", written)).booking_date == expected


@pytest.mark.parametrize(
    ("written", "minor"),
    [("-6.60", -660), ("+00000000000115.8300", 11583), ("12,5", 1250), ("0", 0), ("7", 700), ("-0.01", -1), (" 1.00 ", 100)],
)
def test_amounts(written, minor):
    found = only(ROW.replace("-12.50", written))
    assert (found.amount_minor, found.direction) == (abs(minor), Direction.DEBIT if minor < 0 else Direction.CREDIT)


@pytest.mark.parametrize("written", ["$120", "1.234,56", "1,234.56", "", "115.8331", "--1", "1e3", "9" * 30])
def test_amounts_that_are_none_are_quarantined_and_never_rounded(written):
    events = parse(document(ROW.replace("-12.50", written), ROW))
    (bad,) = of(BadEntry, events)
    assert bad.reason == "amount"
    assert b"<STMTTRN>" in bad.raw
    assert len(of(Entry, events)) == 1
    assert of(StatementEnd, events)[0].bad_entries == 1


@pytest.mark.parametrize("date", ["", "20260231", "soon"])
def test_a_transaction_without_a_date_is_quarantined(date):
    assert [bad.reason for bad in of(BadEntry, parse(document(ROW.replace("20260102", date))))] == ["malformed_transaction"]


def test_the_type_is_no_sign():
    assert only(ROW.replace("OTHER", "CREDIT")).direction is Direction.DEBIT


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_charset_of_the_header_is_not_believed(encoding):
    assert of(Entry, parse(document(ROW + "<NAME>Müller €").encode(encoding)))[0].counterparty_name == "Müller €"


def test_characters_are_resolved_and_ampersands_stay():
    assert only(ROW + "<NAME>AT&T &amp; S&#246;n &lt;x&gt;&nbsp;&copy").counterparty_name == "AT&T & Sön <x> &copy"
    assert only(ROW + "<NAME><![CDATA[A & <B>]]></NAME>", head=XML).counterparty_name == "A & <B>"


def test_repeated_and_empty_fitids_are_no_ids():
    events = parse(document(ROW.replace("F1", ""), ROW.replace("F1", "0")))
    assert [(entry.bank_reference, entry.entry_id) for entry in of(Entry, events)] == [(None, None)] * 2


def test_a_fitid_that_begins_anew_in_each_download_makes_no_two_payments_one():
    first, again, later = only(ROW), only(ROW + "<NAME>ACME"), only(ROW.replace("20260102", "20260103"))
    assert first.entry_id == again.entry_id != later.entry_id


def test_amounts_in_another_currency():
    events = parse(document(ROW + "<CURRENCY><CURRATE>1.1<CURSYM>JPY</CURRENCY>".replace("JPY", "USD")))
    assert of(Entry, events)[0].currency == "USD"
    assert "foreign_currency" in codes(events)
    assert only(ROW + "<ORIGCURRENCY><CURRATE>1.1<CURSYM>USD</ORIGCURRENCY>").currency == "EUR"


@pytest.mark.parametrize(("action", "status"), [("DELETE", EntryStatus.INFORMATION), ("REPLACE", EntryStatus.BOOKED)])
def test_corrections_are_reported(action, status):
    events = parse(document(ROW + f"<CORRECTFITID>F0<CORRECTACTION>{action}"))
    assert of(Entry, events)[0].status is status
    (finding,) = of(Finding, events)
    assert "'F0'" in finding.message


def test_pending_transactions_are_not_booked():
    events = parse(document(ROW).replace("STMTTRN>", "STMTTRNP>").replace("DTPOSTED", "DTTRAN"))
    assert of(Entry, events)[0].status is EntryStatus.PENDING
    assert of(StatementEnd, events)[0].computed.entries == 0


def test_a_statement_without_currency_or_balance():
    events = parse(document(ROW, currency="<CURDEF>", balance=""))
    assert of(Entry, events)[0].currency == "XXX"
    assert codes(events) == ["currency_assumed"]
    events = parse(
        document(ROW, currency="", balance="<LEDGERBAL><BALAMT> <DTASOF>x</LEDGERBAL>"), ParseOptions(default_currency="INR")
    )
    assert (of(Entry, events)[0].currency, of(StatementEnd, events)[0].closing) == ("INR", None)


def test_an_unclosed_transaction_ends_where_the_next_begins():
    content = document(ROW, ROW.replace("F1", "F2")).replace("</STMTTRN>", "", 1)
    assert [entry.bank_reference for entry in of(Entry, parse(content))] == ["F1", "F2"]


def test_positions_tell_entries_of_one_line_apart():
    events = parse(document(ROW, ROW).replace("\n", "").replace("\r", ""))
    assert [entry.position for entry in of(Entry, events)] == ["STMTRS[1]/STMTTRN[1]", "STMTRS[1]/STMTTRN[2]"]
    assert [entry.line for entry in of(Entry, parse(document(ROW, ROW)))] == [8, 9]


def test_investments_are_reported_beside_a_bank_statement():
    investment = "<INVSTMTRS><CURDEF>USD<INVTRANLIST><STMTTRN>" + ROW + "</STMTTRN></INVTRANLIST></INVSTMTRS>"
    events = parse(document(ROW).replace("</OFX>", f"{investment}</OFX>"))
    assert len(of(Entry, events)) == 1
    assert codes(events) == ["investment_statement"]


def test_recognised_by_content():
    assert sniff(document(ROW).encode()).name == sniff(document(ROW, head=XML).encode()).name == "ofx"
    assert sniff(document(ROW, head="").encode()).name == "ofx"
    assert sniff(b"date,amount,memo\n2026-01-02,1.00,<OFX> is a format\n").name == "csv"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (XML + '<!DOCTYPE OFX [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + document(ROW, head=""), "document type"),
        (document("<!ENTITY x 'y'>" + ROW, head=XML).replace("<STMTTRN>", ""), "document type"),
        (SGML + "<OFX></OFX>", "no statement"),
        (SGML + "<OFX><SONRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Bad password</STATUS></SONRS></OFX>", "Bad password"),
        (SGML + "<OFX><INVSTMTRS></INVSTMTRS></OFX>", "investment"),
        (document(ROW)[:-6], "cut short"),
        (SGML + "<OFX><STMTRS><NAME>" + "x" * (3 << 20), "longer"),
        (SGML + "<OFX><STMTRS><STMTTRN><NAME>" + "<A>" * (1 << 20), "longer"),
        (document(ROW).encode("utf-16"), "UTF-16"),
        ("", "cut short"),
    ],
    ids=["doctype", "entity", "nothing", "server error", "investments", "cut", "long text", "long transaction", "utf-16", "empty"],
)
def test_hostile_and_foreign_files_end_in_the_typed_error(content, reason):
    with pytest.raises(FileFormatError, match=reason):
        parse(content)


@pytest.mark.parametrize("piece", ["<STMTTRN>", "<STMTTRN", "<", "<A ", "<!--", "&", "</STMTTRN>", "<![CDATA["])
def test_hostile_repetition_takes_linear_time(piece):
    begin = time.process_time()
    with contextlib.suppress(FileFormatError):
        for _ in ofx.parse(io.BytesIO((SGML + "<OFX><STMTRS>" + piece * (1_000_000 // len(piece))).encode())):
            pass
    assert time.process_time() - begin < 25


@pytest.mark.parametrize("piece", ["<![CDATA[", "<", "&", "&#x", "<TRNAMT>", "<A "])
def test_a_hostile_transaction_takes_linear_time_and_is_quarantined(piece):
    begin = time.process_time()
    events = parse(document(piece * (900_000 // len(piece)), ROW))
    assert len(of(BadEntry, events)) == 1
    assert len(of(Entry, events)) == 1
    assert time.process_time() - begin < 25


def test_cut_anywhere_it_never_passes():
    whole = document(ROW, ROW.replace("F1", "F2<NAME>x &amp; y")).encode()
    for size in range(len(whole)):
        with pytest.raises(FileFormatError):
            parse(whole[:size])


rows = st.lists(
    st.tuples(
        st.integers(-(10**12), 10**12),
        st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)),
        st.text("abc &;'\"äß€12/", max_size=20).map(str.strip),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(rows, st.booleans(), st.sampled_from(["\n", "\r\n", ""]))
def test_what_is_written_is_read(entries, closing_tags, end):
    def field(tag: str, value: str) -> str:
        return f"<{tag}>{value}" + (f"</{tag}>" if closing_tags else "") + end

    def row(amount: int, day: dt.date, text: str, comma: bool) -> str:
        written = f"{'-' if amount < 0 else ''}{abs(amount) // 100}{',' if comma else '.'}{abs(amount) % 100:02d}"
        safe = text.replace("&", "&amp;").replace("<", "&lt;")
        return field("DTPOSTED", f"{day:%Y%m%d}") + field("TRNAMT", written) + field("NAME", safe)

    events = parse(document(*(row(*entry) for entry in entries)))
    signs = {Direction.CREDIT: 1, Direction.DEBIT: -1}
    found = [(signs[e.direction] * e.amount_minor, e.booking_date, e.counterparty_name or "") for e in of(Entry, events)]
    assert found == [(amount, day, text) for amount, day, text, _ in entries]


TAGS = ("STMTRS", "/STMTRS", "STMTTRN", "/STMTTRN", "TRNAMT", "DTPOSTED", "CURDEF", "/OFX", "LEDGERBAL", "BALAMT", "!x", "?y")
PIECES = [*(f"<{tag}>" for tag in TAGS), "<", ">", "&#0;", "1.5", "20260101", "EUR", "<!", "<?"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "\0"])))
def test_garbage_ends_in_events_or_the_typed_error(parts):
    assert broken_by_file(lambda: parse(SGML + "<OFX>" + "".join(parts))) == []
