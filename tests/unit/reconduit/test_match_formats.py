"""`reconduit match` takes every statement format on either side."""

import datetime as dt
import json
from pathlib import Path

import pytest

from producers.formats.registry import FORMATS
from reconduit.matching.run import run_match
from tests.fixtures.provider_reports import REPORTS
from tests.fixtures.workbooks import workbook

LEDGER = (
    "id,date,amount,currency,reference,memo\nL1,2026-01-05,100.00,{currency},INV-00042,rent\n"
    "L2,2026-01-05,-12.50,{currency},INV-00043,fee\n"
)


def fixed(width: int, *lines: str) -> str:
    return "\n".join(line.ljust(width) for line in lines)


def cfonb(kind: str, amount: str, reference: str = "", label: str = "") -> str:
    return f"{kind}10278    02204EUR2 0001234560305050126  050126{label:<31}  000000000{amount}{reference:<16}"


def coda(number: int, sign: int, milli: int, text: str) -> str:
    return f"21{number:04d}0000{f'BANKREF{number}':<21}{sign}{milli:015d}050126001500000{text:<53}050126004000"


def six(code: str, cents: int, reference: str, trace: int) -> str:
    return f"6{code}091400606{'12345':<17}{cents:010d}{reference:<15}{'Paul Jones':<22}  0{trace:015d}"


FILES = {
    "camt.053": (
        "EUR",
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>'
        "<CreDtTm>2026-01-05T00:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>DE99</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        + "".join(
            f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><Dt>2026-01-05</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls>"
            "</NtryDtls></Ntry>"
            for amount, mark, reference in (("100.00", "CRDT", "INV-00042"), ("12.50", "DBIT", "INV-00043"))
        )
        + "</Stmt></BkToCstmrStmt></Document>",
    ),
    "mt940": (
        "EUR",
        (":20:X\n:25:DE99\n:28C:1/1\n:60F:C260104EUR0,\n:61:2601050105C100,NTRFINV-00042\n:61:2601050105D12,50NTRFINV-00043\n"
        ":62F:C260105EUR87,50\n-\n"),
    ),
    "bai2": (
        "USD",
        ("01,A,B,260106,0400,1,,,2/\n02,B,A,1,260105,2359,USD,2/\n03,77,/\n16,195,10000,Z,B1,INV-00042,rent/\n"
        "16,475,1250,Z,B2,INV-00043,fee/\n49,11250,4/\n98,11250,1,6/\n99,11250,1,8/\n"),
    ),
    "nacha": (
        "USD",
        fixed(
            94,
            "101 091400606 6910001342601050306A094101FIRST BANK             APPLICATION",
            f"5200{'Coin Lion':<16}{'':<20}{'123456789':<10}PPDTRANSFER        260105   1091000010000001",
            six("27", 10000, "INV-00042", 1),
            six("22", 1250, "INV-00043", 2),
            "82000000020018280120000000010000000000001250123456789                         091000010000001",
            "9000001000001000000020018280120000000010000000000001250",
        ),
    ),
    "ofx": (
        "EUR",
        ("OFXHEADER:100\nVERSION:102\n\n<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>"
        "<STMTTRN><DTPOSTED>20260105<TRNAMT>100.00<FITID>F1<REFNUM>INV-00042</STMTTRN>"
        "<STMTTRN><DTPOSTED>20260105<TRNAMT>-12,50<FITID>F2<REFNUM>INV-00043</STMTTRN></BANKTRANLIST></STMTRS></OFX>"),
    ),
    "cfonb120": (
        "EUR",
        fixed(
            120,
            cfonb("01", "0000000000000{"),
            cfonb("04", "0000000001000{", "INV-00042"),
            cfonb("04", "0000000000125}", "INV-00043"),
            cfonb("07", "0000000000875{"),
        ),
    ),
    "coda": (
        "EUR",
        fixed(
            128,
            f"0000005012672505 {'':<7}{'REF':<10}{'ACME NV':<26}{'KREDBEBB':<11}00630366277 00000",
            f"12004{'BE62510007547061'.ljust(34) + 'EUR':<37}0{0:015d}050126{'ACME NV':<26}{'':<35}004",
            coda(1, 0, 100_000, "INV-00042"),
            coda(2, 1, 12_500, "INV-00043"),
            f"8004{'BE62510007547061'.ljust(34) + 'EUR':<37}0{87_500:015d}050126",
            f"9{'':<15}000004{12_500:015d}{100_000:015d}",
        ),
    ),
    "qif": (
        "EUR",
        "!Type:Bank\nD2026-01-05\nT100.00\nNINV-00042\nPACME\n^\nD2026-01-05\nT-12.50\nNINV-00043\n^\n",
    ),
    "paypal.stl": (
        "USD",
        ('"RH",2026/01/06 09:00:00 +0000,"A","ACC","9"\n"FH",01\n"SH",2026/01/05 00:00:00 +0000,2026/01/05,"ACC",""\n'
        '"CH","Transaction ID","Invoice ID","Transaction Event Code","Transaction Completion Date","Transaction Debit or Credit",'
        '"Gross Transaction Amount","Gross Transaction Currency"\n'
        '"SB","1AB","INV-00042","T0006",2026/01/05 10:00:00 +0000,"CR",10000,"USD"\n'
        '"SB","2AB","INV-00043","T0006",2026/01/05 11:00:00 +0000,"DR",1250,"USD"\n'
        '"SF","USD",10000,1250,0,0,"CR",0,"CR",8750\n"SC",2\n"RF",2\n'),
    ),
    "html": (
        "EUR",
        ("<html><table><tr><th>Date<th>Amount<th>Reference</tr><tr><td>2026-01-05<td>100.00<td>INV-00042</tr>"
        "<tr><td>2026-01-05<td>-12.50<td>INV-00043</tr></table></html>"),
    ),
    "csv": ("EUR", LEDGER.format(currency="EUR")),
}  # fmt: skip


def test_every_format_is_here():
    assert {*FILES, "spreadsheet"} == set(FORMATS)


def test_a_workbook_matches_the_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Date", "Amount", "Reference"], [dt.date(2026, 1, 5), 100, "INV-00042"], ["2026-01-05", -12.5, "INV-00043"]]
    (tmp_path / "download").write_bytes(workbook(rows))
    (tmp_path / "ledger").write_text(LEDGER.format(currency="EUR"), encoding="utf-8")
    status = run_match(str(tmp_path / "download"), str(tmp_path / "ledger"), rules=None, out=None, json="-", currency="EUR")
    assert status == 0, capsys.readouterr()


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_each_ready_made_mapping_matches_itself(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report").write_text(REPORTS[name], encoding="utf-8")
    status = run_match(str(tmp_path / "report"), str(tmp_path / "report"), rules=None, out=None, json="-", currency="USD")
    printed = capsys.readouterr()
    assert (status, printed.err) == (0, "")
    summary = json.loads(printed.out)["summary"]
    assert summary["matched_left"] == summary["matched_right"] >= 2
    assert (summary["suggested"], summary["breaks"]) == (0, {})


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_statement_matches_the_ledger(tmp_path: Path, name: str, side: str, capsys: pytest.CaptureFixture[str]) -> None:
    currency, text = FILES[name]
    statement, ledger = tmp_path / "statement", tmp_path / "ledger"
    statement.write_text(text, encoding="utf-8")
    ledger.write_text(LEDGER.format(currency=currency), encoding="utf-8")
    pair = (statement, ledger) if side == "left" else (ledger, statement)
    status = run_match(str(pair[0]), str(pair[1]), rules=None, out=None, json="-", currency=None)
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert status == 0, (found, printed.err)
    assert printed.err == ""
    assert (found["summary"]["matched_left"], found["summary"]["matched_right"], found["summary"]["auto"]) == (2, 2, 2)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", ["mark", "crlf", "mark and crlf"])
def test_byte_order_marks_and_line_ends_change_nothing(
    tmp_path: Path, name: str, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = FILES[name][1].replace("\n", "\r\n") if "crlf" in change else FILES[name][1]
    (tmp_path / "plain").write_bytes(FILES[name][1].encode())
    (tmp_path / "changed").write_bytes((b"\xef\xbb\xbf" if "mark" in change else b"") + text.encode())
    status = run_match(str(tmp_path / "plain"), str(tmp_path / "changed"), rules=None, out=None, json="-", currency=None)
    assert status == 0, capsys.readouterr()


@pytest.mark.parametrize("name", ["nacha", "cfonb120", "coda"])
def test_fixed_records_may_have_no_line_ends(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plain").write_text(FILES[name][1], encoding="utf-8")
    (tmp_path / "joined").write_bytes(b"\xef\xbb\xbf" + FILES[name][1].replace("\n", "").encode())
    status = run_match(str(tmp_path / "plain"), str(tmp_path / "joined"), rules=None, out=None, json="-", currency=None)
    assert status == 0, capsys.readouterr()


@pytest.mark.parametrize(("left", "right"), [("bai2", "nacha"), ("mt940", "coda"), ("ofx", "qif"), ("cfonb120", "camt.053")])
def test_two_statements_match_each_other(tmp_path: Path, left: str, right: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (left, right):
        (tmp_path / name).write_text(FILES[name][1], encoding="utf-8")
    status = run_match(str(tmp_path / left), str(tmp_path / right), rules=None, out=None, json="-", currency=None)
    assert status == 0, capsys.readouterr()


def test_what_is_no_money_is_no_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FILES["qif"][1].replace("!Type:Bank\n", "!Type:Bank\nD2026-01-01\nT500.00\nPOpening Balance\n^\n")
    (tmp_path / "bank").write_text(text, encoding="utf-8")
    (tmp_path / "ledger").write_text(LEDGER.format(currency="EUR"), encoding="utf-8")
    assert run_match(str(tmp_path / "ledger"), str(tmp_path / "bank"), rules=None, out=None, json="-", currency=None) == 0, (
        capsys.readouterr()
    )
