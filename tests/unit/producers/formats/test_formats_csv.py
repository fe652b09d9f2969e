"""Delimited files: headers recognised or mapped, nothing guessed, rows that cannot be read quarantined."""

import csv
import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import ConfigurationError, ContractChangeError, FileFormatError
from producers.formats import csv_mapping
from producers.formats.contract import BadEntry, Entry, Finding, ParseOptions, StatementEnd, StatementStart, StatementType
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof


def read(text: str | bytes, **options) -> list[object]:
    content = text.encode() if isinstance(text, str) else text
    return list(csv_mapping.parse(io.BytesIO(content), ParseOptions(**options)))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_common_headers_need_no_mapping():
    events = read('id,Date,Amount,Currency,Memo,Reference\nA1,2026-01-31,-12.50,EUR,"rent, January",INV 7\n')
    (found,) = of(Entry, events)
    assert (found.entry_id, found.booking_date, found.amount_minor, found.direction) == (
        "A1",
        dt.date(2026, 1, 31),
        1250,
        Direction.DEBIT,
    )
    assert (found.currency, found.remittance, found.customer_reference, found.line) == ("EUR", "rent, January", "INV 7", 2)
    assert of(StatementEnd, events)[0].start.type is StatementType.LISTING


HDFC = (
    "HDFC BANK Ltd.\nMR SOMEBODY,,\n\nDate,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance\n"
    "********,****,***,****,***,***,***\n"
    '31/01/26,UPI-A,0000000000000123,31/01/26,,"1,00,850.00","1,00,850.00"\n'
    '01/02/26,NEFT-B,N032,01/02/26,850.00,0.00,"1,00,000.00"\n'
)


def test_an_indian_statement_with_preamble_lakhs_and_two_columns_proves_by_its_balances():
    events = read(HDFC, default_currency="INR", default_account="50100")
    assert [(entry.amount_minor, entry.direction.value) for entry in of(Entry, events)] == [(10085000, "CREDIT"), (85000, "DEBIT")]
    (end,) = of(StatementEnd, events)
    assert (end.proof, end.opening.amount_minor, end.closing.amount_minor) == (Proof.PROVED, 0, 10000000)
    head, first, second = HDFC.partition("31/01")[0], *HDFC.splitlines(keepends=True)[-2:]
    (newest_first,) = of(StatementEnd, read(head + second + first, default_currency="INR"))
    assert (newest_first.proof, newest_first.closing.amount_minor) == (Proof.PROVED, 10000000)
    assert of(StatementEnd, read(HDFC.replace("850.00,0.00", "851.00,0.00"), default_currency="INR"))[0].proof is Proof.FAILED


@pytest.mark.parametrize(
    ("flag", "direction"),
    [("Cr", Direction.CREDIT), ("DR", Direction.DEBIT), ("DEBIT", Direction.DEBIT), ("CRDT", Direction.CREDIT)],
)
def test_a_flag_column_gives_the_direction(flag, direction):
    (found,) = of(Entry, read(f"date;amount;Dr/Cr\n2026-01-02;5,00;{flag}\n"))
    assert (found.direction, found.amount_minor) == (direction, 500)


def test_a_mapping_names_columns_format_and_signs():
    mapping = {
        "columns": {"date": "Wann", "amount": "Wieviel"},
        "date_format": "%m/%d/%Y",
        "signs": "positive_debit",
        "encoding": "cp1252",
    }
    (found,) = of(
        Entry, read("Wann;Wieviel;Text\n02/03/2026;1.234,50;Gebühr\n".encode("cp1252"), mapping=mapping, default_currency="EUR")
    )
    assert (found.booking_date, found.direction, found.amount_minor) == (dt.date(2026, 2, 3), Direction.DEBIT, 123450)
    with pytest.raises(ConfigurationError, match="colour"):
        read("date,amount\n", mapping={"columns": {"colour": "x"}})
    with pytest.raises(ConfigurationError, match="sings"):
        read("date,amount\n", mapping={"sings": "x"})


def test_nothing_ambiguous_is_guessed():
    with pytest.raises(FileFormatError, match="date_format"):
        read("date,amount\n01/02/2026,1.00\n03/04/2026,1.00\n")
    assert of(Entry, read("date,amount\n01/02/2026,1.00\n13/04/2026,1.00\n"))[0].booking_date == dt.date(2026, 2, 1)
    with pytest.raises(FileFormatError, match="decimal"):
        read("date;amount\n2026-01-02;1.234\n")
    with pytest.raises(FileFormatError, match="header"):
        read("a,b\n1,2\n")


def test_unreadable_rows_are_quarantined_with_their_line_and_bytes():
    text = "date,amount,memo\n2026-01-02,1.00,ok\n2026-01-32,1.00,day\n2026-01-02,NaN,amount\n2026-01-02\n2026-01-02,1,2,3\n,,\n"
    events = read(text)
    assert [(bad.position, bad.reason) for bad in of(BadEntry, events)] == [
        ("3", "date"),
        ("4", "amount"),
        ("5", "malformed_row"),
        ("6", "malformed_row"),
    ]
    assert of(BadEntry, events)[0].raw == b"2026-01-32,1.00,day\n"
    assert len(of(Entry, events)) == 1
    assert [finding.code for finding in of(Finding, events)] == ["currency_assumed"]


def test_formulas_and_exponents_are_no_amounts_and_text_stays_text():
    events = read("date,amount,memo\n2026-01-02,1e3,=cmd()\n2026-01-02,=1+1,x\n2026-01-02,2,=cmd()\n")
    assert [bad.reason for bad in of(BadEntry, events)] == ["amount", "amount"]
    assert of(Entry, events)[0].remittance == "=cmd()"


@given(
    st.lists(
        st.tuples(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.integers(-(10**14), 10**14), st.text(max_size=20)),
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_is_read(rows, delimiter, encoding):
    cleaned = [(day, minor, " ".join(text.replace("\0", "").split())) for day, minor, text in rows]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["id", "date", "amount", "description"])
    for index, (day, minor, text) in enumerate(cleaned):
        sign = "-" if minor < 0 else ""
        writer.writerow([f"r{index}", day.isoformat(), f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}", text])
    text = out.getvalue()
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        return
    found = of(Entry, read(content, default_currency="EUR")) if cleaned else []
    signed = [entry.amount_minor if entry.direction is Direction.CREDIT else -entry.amount_minor for entry in found]
    assert [(entry.booking_date, minor, entry.remittance or "") for entry, minor in zip(found, signed, strict=True)] == cleaned


@pytest.mark.parametrize(
    "content",
    [b"date,amount\n" + b"9" * (3 << 20), b'date,amount\n"' + b"x\n" * 5000, b"date,amount,memo\n2026-01-02,1,\xff\xfe\n"],
    ids=["long line", "open quote", "encoding"],
)
def test_hostile_files_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        read(content)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xef\xbb\xbf<?xml version='1.0'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>", "camt.053"),
        ("<?xml version='1.0'?><a:BkToCstmrStmt>".encode("utf-16"), "camt.053"),
        (b"{1:F01BANKDEFFAXXX0000000000}{2:O940}{4:\r\n:20:X\r\n:25:1\r\n", "mt940"),
        (b"0000 01INGBNL2AXXXX00001\r\n940 00\r\n:20:MPBZ\r\n:25:1\r\n", "mt940"),
        (b"Date,Amount,Memo\n", "csv"),
    ],
)
def test_the_format_is_told_from_the_content(head, name):
    assert sniff(head).name == name


@pytest.mark.parametrize("head", [b"", b"  \n", b"%PDF-1.7", b"PK\x03\x04", b"<html><body>", b"hello"])
def test_other_content_is_refused(head):
    with pytest.raises(FileFormatError):
        sniff(head)


def test_a_changed_header_stops_the_feed():
    text = "date,amount,memo\n2026-01-02,1.00,x\n"
    version = of(StatementStart, read(text, default_currency="EUR"))[0].version
    pinned = {"fingerprint": version.split()[-1]}
    same = text.replace("date,amount", "Date, AMOUNT ")
    assert len(of(Entry, read(same, default_currency="EUR", mapping=pinned))) == 1
    for changed in ("amount,date,memo\n1.00,2026-01-02,x\n", "date,amount,memo,more\n2026-01-02,1.00,x,y\n"):
        with pytest.raises(ContractChangeError, match="fingerprint"):
            read(changed, mapping=pinned)


def test_rows_are_skipped_and_the_footer_is_not_read():
    mapping = {"skip": ["^Carried forward"], "stop": ["^End of"]}
    text = "date,memo,amount\n2026-01-02,a,1.00\nCarried forward,,1.00\n2026-01-03,b,2.00\nEnd of list\n2026-01-04,c,3.00\n"
    events = read(text, mapping=mapping, default_currency="EUR")
    assert [entry.remittance for entry in of(Entry, events)] == ["a", "b"]
    assert not of(BadEntry, events)
    assert len(of(BadEntry, read(text, default_currency="EUR"))) == 2


@pytest.mark.parametrize(
    ("total", "proof"),
    [
        ("3.00,1.00,", Proof.PROVED),
        ("3.00,,", Proof.PROVED),
        ("3.01,1.00,", Proof.FAILED),
        ("x,1.00,", Proof.NOT_PROVABLE),
        (",,", Proof.NOT_PROVABLE),
    ],
)
def test_a_row_of_totals_is_held_against_the_entries(total, proof):
    text = f"date,credit,debit,memo\n2026-01-02,1.00,,a\n2026-01-03,2.00,,b\n2026-01-03,,1.00,c\nTotal,{total}\n"
    events = read(text, mapping={"totals": ["^Total"]}, default_currency="EUR")
    assert of(StatementEnd, events)[0].proof is proof
    assert [finding.code for finding in of(Finding, events)] == ["declared_total_mismatch"] * (proof is not Proof.PROVED)


def test_a_total_of_signed_amounts_is_their_sum():
    text = "date,amount\n2026-01-02,5.00\n2026-01-03,-2.00\nTotal,3.00\n"
    assert of(StatementEnd, read(text, mapping={"totals": ["^Total"]}, default_currency="EUR"))[0].proof is Proof.PROVED


@pytest.mark.parametrize("text", ["12.50-", "(12.50)", "-12.50", "- 12.50", "-$12.50", "$-12.50"])
def test_negative_amounts_are_written_in_many_ways(text):
    (found,) = of(
        Entry, read(f"date,amount\n2026-01-02,{text}\n", mapping={"symbols": "$", "decimal": "."}, default_currency="USD")
    )
    assert (found.amount_minor, found.direction) == (1250, Direction.DEBIT)


DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "decimal": st.sampled_from(".,"),
        "grouped": st.booleans(),
        "signs": st.sampled_from(["signed", "inverse", "columns", "flag"]),
        "date_format": st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y", "%Y%m%d"]),
        "order": st.permutations(["Day", "Text", "Amount", "Out", "In", "Mark", "Left"]),
        "newest_first": st.booleans(),
        "preamble": st.integers(0, 25),
    }
)


def number(minor, dialect):
    whole = f"{abs(minor) // 100:,}" if dialect["grouped"] else str(abs(minor) // 100)
    text = f"{whole}.{abs(minor) % 100:02d}"
    if dialect["decimal"] == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"-{text}" if minor < 0 else text


def written(rows, dialect):
    """A table in a dialect, with a balance, and the mapping that a feed would declare for it."""
    signs = dialect["signs"]
    columns = {"date": "Day", "description": "Text", "balance": "Left"}
    if signs == "columns":
        columns |= {"debit": "Out", "credit": "In"}
    else:
        columns |= {"amount": "Amount"} | ({"direction": "Mark"} if signs == "flag" else {})
    lines, balance = [], 12345
    for day, minor, text in rows:
        balance += minor
        cells = {"Day": day.strftime(dialect["date_format"]), "Text": text, "Left": number(balance, dialect)}
        if signs == "columns":
            cells["Out" if minor < 0 else "In"] = number(abs(minor), dialect)
        elif signs == "flag":
            cells |= {"Amount": number(abs(minor), dialect), "Mark": "Dr" if minor < 0 else "Cr"}
        else:
            cells["Amount"] = number(minor if signs == "signed" else -minor, dialect)
        lines.append([cells.get(name, "") for name in dialect["order"]])
    if dialect["newest_first"]:
        lines.reverse()
    out = io.StringIO()
    writer = csv.writer(out, delimiter=dialect["delimiter"])
    writer.writerows([["Statement", "of", "account"]] * dialect["preamble"] + [dialect["order"]] + lines)
    inverse = {"signs": "positive_debit"} if signs == "inverse" else {}
    settings = {"date_format": dialect["date_format"], "decimal": dialect["decimal"], "only_declared": True}
    return out.getvalue(), {"columns": columns, **settings, **inverse}


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.integers(-(10**9), 10**9), st.sampled_from("abcdef")),
        min_size=1,
        max_size=6,
    ),
    DIALECTS,
)
def test_a_table_reads_the_same_in_every_dialect(rows, dialect):
    text, mapping = written(rows, dialect)
    events = read(text, mapping=mapping, default_currency="EUR")
    found = [
        (entry.booking_date, entry.amount_minor if entry.direction is Direction.CREDIT else -entry.amount_minor, entry.remittance)
        for entry in of(Entry, events)
    ]
    assert (found[::-1] if dialect["newest_first"] else found) == rows
    assert of(StatementEnd, events)[0].proof is Proof.PROVED
