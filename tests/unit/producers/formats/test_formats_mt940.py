"""MT940 and MT942: marks, dates, pages, dialects of field 86, and what goes to quarantine."""

import datetime as dt
import io

import pytest

from producers.errors import FileFormatError
from producers.formats import mt940
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
from producers.formats.mt940_remittance import parse_remittance
from schemas.records import Direction, Proof


def read(*lines: str, options: ParseOptions | None = None) -> list[object]:
    return list(mt940.parse(io.BytesIO("\r\n".join(lines).encode()), options or ParseOptions()))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


HEAD = (":20:X", ":25:DE99 EUR", ":28C:5/1")


def entry(line: str, *texts: str, currency: str = "EUR") -> Entry:
    events = read(*HEAD, f":60F:C260101{currency}0,", line, *texts, f":62F:C260101{currency}0,", "-")
    assert not of(BadEntry, events), events
    return of(Entry, events)[0]


@pytest.mark.parametrize(
    ("mark", "direction", "reversal", "status"),
    [
        ("C", Direction.CREDIT, False, EntryStatus.BOOKED),
        ("D", Direction.DEBIT, False, EntryStatus.BOOKED),
        ("CR", Direction.CREDIT, False, EntryStatus.BOOKED),
        ("RC", Direction.DEBIT, True, EntryStatus.BOOKED),
        ("RDR", Direction.CREDIT, True, EntryStatus.BOOKED),
        ("EC", Direction.CREDIT, False, EntryStatus.EXPECTED),
        ("ED", Direction.DEBIT, False, EntryStatus.EXPECTED),
    ],
)
def test_marks(mark, direction, reversal, status):
    found = entry(f":61:2601020102{mark}800,00NTRFREF//B1")
    assert (found.direction, found.is_reversal, found.status, found.amount_minor) == (direction, reversal, status, 80000)


@pytest.mark.parametrize(
    ("dates", "booked", "value"),
    [
        ("2601021231", dt.date(2025, 12, 31), dt.date(2026, 1, 2)),
        ("2512310102", dt.date(2026, 1, 2), dt.date(2025, 12, 31)),
        ("260102", dt.date(2026, 1, 2), dt.date(2026, 1, 2)),
        ("260102    ", dt.date(2026, 1, 2), dt.date(2026, 1, 2)),
        ("2602300301", dt.date(2026, 3, 1), None),
        ("2402290229", dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
    ],
)
def test_dates(dates, booked, value):
    found = entry(f":61:{dates}D1,NTRFREF")
    assert (found.booking_date, found.value_date) == (booked, value)


def test_an_impossible_value_date_is_reported():
    events = read(*HEAD, ":60F:C260101EUR1,", ":61:2602300301D1,NTRFREF", ":62F:C260301EUR0,", "-")
    assert [finding.code for finding in of(Finding, events)] == ["impossible_date"]
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


@pytest.mark.parametrize(
    ("currency", "amount", "minor"), [("JPY", "500,", 500), ("BHD", "1,234", 1234), ("EUR", "0000012,5", 1250)]
)
def test_currencies_have_their_own_decimals(currency, amount, minor):
    assert entry(f":61:260102C{amount}NTRFREF", currency=currency).amount_minor == minor


def test_references_and_placeholders():
    found = entry(":61:260102C1,NTRFNONREF//BANK1", "/OCMT/EUR1,/")
    assert (found.customer_reference, found.bank_reference, found.code, found.remittance) == (None, "BANK1", "NTRF", "/OCMT/EUR1,/")


def test_pages_are_one_statement():
    first = (*HEAD, ":60F:C260101EUR10,", ":61:260102C5,NTRFA", ":62M:C260102EUR15,", "-")
    second = (":20:X", ":25:DE99", ":28C:5/2", ":60M:C260102EUR15,", ":61:260102D1,NTRFB", ":62F:C260103EUR14,", "-")
    (end,) = of(StatementEnd, read(*first, *second))
    assert (end.opening.amount_minor, end.closing.amount_minor, end.computed.entries) == (1000, 1400, 2)
    assert (end.proof, end.complete) == (Proof.PROVED, True)
    (alone,) = of(StatementEnd, read(*first))
    assert not alone.complete
    gap = read(*first, *second[:3], ":60M:C260102EUR16,", *second[4:])
    assert "page_gap" in [finding.code for finding in of(Finding, gap)]


def test_an_unreadable_line_is_quarantined_with_its_text_and_the_rest_kept():
    events = read(
        *HEAD,
        ":60F:C260101EUR0,",
        ":61:garbage",
        ":86:its text",
        ":61:260102C5,NTRFA",
        ":62F:C260102EUR5,",
        "-",
        options=ParseOptions(),
    )
    (bad,) = of(BadEntry, events)
    assert (bad.position, bad.reason) == ("5", "malformed_statement_line")
    assert b"garbage" in bad.raw
    assert b"its text" in bad.raw
    assert len(of(Entry, events)) == 1
    (end,) = of(StatementEnd, events)
    assert (end.bad_entries, end.proof) == (1, Proof.PROVED)


def test_balances_that_the_bad_line_makes_lie_fail():
    events = read(*HEAD, ":60F:C260101EUR0,", ":61:260102C5,123NTRFA", ":62F:C260102EUR5,12", "-")
    assert [bad.reason for bad in of(BadEntry, events)] == ["amount"]
    assert of(StatementEnd, events)[0].proof is Proof.FAILED


def test_mt942_totals_leave_expected_entries_out():
    body = (":20:X", ":25:DE99", ":28C:5/1", ":34F:EUR0,", ":13D:2601021200+0100", ":61:260102EC9,NTRFA", ":61:260102C5,NTRFB")
    events = read(*body, ":90D:0EUR0,", ":90C:1EUR5,", "-")
    (end,) = of(StatementEnd, events)
    assert (end.start.type, end.proof) == (StatementType.REPORT, Proof.PROVED)
    assert of(StatementEnd, read(*body, ":90D:0EUR0,", ":90C:2EUR5,", "-"))[0].proof is Proof.FAILED


def test_a_balance_without_currency_takes_the_other_ones():
    (end,) = of(StatementEnd, read(*HEAD, ":60F:C260101EUR0,", ":62F:C2601020,", "-"))
    assert (end.proof, end.start.currency) == (Proof.PROVED, "EUR")


def test_text_that_looks_like_a_header_field_stays_text():
    found = entry(":61:260102C5,NTRFA", ":86:first", ":25:not an account", ":28:nor a number")
    assert found.remittance == "first\n:25:not an account\n:28:nor a number"


def test_envelopes_and_several_statements():
    body = (*HEAD, ":60F:C260101EUR0,", ":62F:C260101EUR0,")
    envelope = "{1:F01BANKDEFFAXXX0000000000}{2:O940BANKDEFFXXXXN}{4:"
    events = read(envelope, *body, "-}{5:{MAC:1}}", envelope, *body, "-}")
    assert [start.index for start in of(StatementStart, events)] == [1, 2]


def test_cp1252_text_is_read():
    content = b"\r\n".join(
        line.encode("cp1252") for line in (*HEAD, ":60F:C260101EUR0,", ":61:260102C0,NTRFA", ":86:Müller", ":62F:C260101EUR0,")
    )
    assert of(Entry, list(mt940.parse(io.BytesIO(content))))[0].remittance == "Müller"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["166?00GUTSCHRIFT?20EREF+INV-00", "?2142KREF+K1SVWZ+Rent Ja", "?22nuary?30BANKDEFF?31DE01?32ACME?33 GMBH"],
            {
                "code": "166", "end_to_end_id": "INV-0042", "customer_reference": "K1", "text": "Rent January",
                "counterparty_name": "ACME GMBH", "counterparty_account": "DE01", "counterparty_bank": "BANKDEFF",
            },
        ),
        (
            ["159?00RETOURE?20EREF+E2E7?21MTLG:account clos?22ed?34914"],
            {"end_to_end_id": "E2E7", "text": "account closed", "code": "159"},
        ),
        (["166?20KREF+K9?21SVWZ+Rent?22MTLG:report it"], {"customer_reference": "K9", "text": "Rent\nreport it"}),
        (["~20Faktura 12~21/2026~32JAN NOWAK"], {"text": "Faktura 12/2026", "counterparty_name": "JAN NOWAK"}),
        (["/EREF/E2E1/ORDP//NAME/ACME BV/REMI/a/b c"], {"end_to_end_id": "E2E1", "counterparty_name": "ACME BV", "text": "a/b c"}),
        (
            ["/EREF/E9//CNTP/NL01BANK0123456789/BANKNL2A/JANSEN/CITY//REMI/USTD//inv 7/"],
            {"end_to_end_id": "E9", "counterparty_account": "NL01BANK0123456789", "counterparty_name": "JANSEN", "text": "inv 7"},
        ),
        (["GIRO 12", "second line"], {"text": "GIRO 12\nsecond line", "end_to_end_id": None}),
    ],
    ids=["german", "bank notice", "bank notice behind a purpose", "polish", "rabobank", "ing", "free"],
)  # fmt: skip
def test_dialects_of_field_86(lines, expected):
    found = parse_remittance(lines)
    assert {name: getattr(found, name) for name in expected} == expected


def test_rabobank_names_the_reference_in_field_86_and_the_account_below_field_61():
    found = entry(":61:130101D25,N102EREF", "NL70ABNA0987654321", ":86:/EREF/E2E1/BENM//NAME/ACME/REMI/rent")
    assert (found.customer_reference, found.end_to_end_id) == (None, "E2E1")
    assert (found.counterparty_account, found.remittance) == ("NL70ABNA0987654321", "rent")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe:\x002\x000\x00",
        b":20:X\r\n:25:" + b"9" * (2 << 20),
        b":20:X\r\n:25:1\r\n:86:" + b"x\r\n" * (1 << 20),
        b"nothing of the kind\n",
        b"",
    ],
    ids=["utf-16", "long line", "long field", "text", "empty"],
)
def test_hostile_and_foreign_files_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        list(mt940.parse(io.BytesIO(content)))


def interim(*fields: str) -> bytes:
    entries = ":61:260102C5,NTRFA\n:61:260102D2,NTRFB\n:61:260102EC9,NTRFC\n"
    return (":20:X\n:25:DE1\n:28C:1/1\n" + "\n".join(fields[:-2]) + f"\n{entries}" + "\n".join(fields[-2:]) + "\n-\n").encode()


@pytest.mark.parametrize(
    ("fields", "proof", "codes"),
    [
        ((":34F:EUR0,", ":13D:2601021200+0100", ":90D:1EUR2,", ":90C:1EUR5,"), Proof.PROVED, []),
        ((":34F:EUR0,", ":90D:1EUR2,", ":90C:2EUR14,"), Proof.PROVED, []),
        ((":34F:EUR0,", ":90D:1EUR2,", ":90C:2EUR6,"), Proof.FAILED, ["declared_total_mismatch"] * 2),
        ((":34F:EURD0,", ":34F:EURC3,", ":90D:1EUR2,", ":90C:2EUR7,"), Proof.NOT_PROVABLE, ["floor_limit"]),
        ((":34F:EURD0,", ":34F:EURC1,", ":90D:1EUR2,", ":90C:2EUR7,"), Proof.FAILED, ["declared_total_mismatch"] * 2),
    ],
    ids=["booked", "with announced", "wrong", "below the floor limit", "more than the floor limit lets"],
)
def test_sums_of_an_interim_report(fields, proof, codes):
    events = list(mt940.parse(io.BytesIO(interim(*fields))))
    (end,) = [event for event in events if isinstance(event, StatementEnd)]
    assert end.proof is proof
    assert [event.code for event in events if isinstance(event, Finding)] == codes
    assert end.computed.credit_minor == 500, "what is announced is in no sum"


@pytest.mark.parametrize(
    ("texts", "charset"),
    [
        (["Spółka Żółw", "Łódź, ulica Wąska", "ŻABKA"], "cp852"),
        (["Müller & Söhne", "Straße 5 § 7", "Café “Größe”", "O’Brien"], "cp1252"),
        (["Jäger"], "cp1252"),
        (["Łódź", "Müller"], "utf-8"),
    ],
)
def test_the_charset_of_a_file_is_told_by_its_words(texts, charset):
    entries = "".join(f":61:260102C1,NTRFA\n:86:{text}\n" for text in texts)
    content = f":20:X\n:25:DE1\n:28C:1/1\n:60F:C260101EUR0,\n{entries}:62F:C260102EUR{len(texts)},\n-\n"
    assert [entry.remittance for entry in mt940.parse(io.BytesIO(content.encode(charset))) if isinstance(entry, Entry)] == texts


def test_a_line_behind_the_end_of_its_message_is_quarantined():
    begin = (*HEAD, ":60F:C260101EUR0,", ":61:260102C1,NTRFA", ":62F:C260102EUR1,", "-")
    lone = ":61:260103C2,NTRFB"
    for lines in ((*begin, lone), (*begin, lone, *begin)):
        events = read(*lines)
        assert [bad.raw for bad in of(BadEntry, events)] == [lone.encode()]
        assert {end.proof for end in of(StatementEnd, events)} == {Proof.PROVED}
        assert sum(end.bad_entries for end in of(StatementEnd, events)) == 0
