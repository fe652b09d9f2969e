"""Entries as canonical records: names, references, batches without double counting, statements with their proof."""

import datetime as dt
import io

import pytest
from hypothesis import given, settings

from producers.formats import bai2, camt053, csv_mapping, mt940, ofx
from producers.formats.canonical import CanonicalFile, FileOrigin, canonicalise
from producers.formats.contract import ParseOptions, StatementType
from schemas.records import CanonicalTransaction, Direction, Proof, StatementKind, Status
from tests.fixtures import statement_files as files

NOW = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 2)


def origin(**changes) -> FileOrigin:
    return FileOrigin(**{"source": "camt", "path": "day.xml", "sha256": "ab" * 32, "ingested_at": NOW, **changes})


def of_camt(content: bytes, **changes) -> CanonicalFile:
    return canonicalise(camt053.parse(io.BytesIO(content)), origin(**changes))


def line(reference: str = "REF1", bank: str = "BANK1", amount: int = 500, *, credit: bool = True) -> files.Line:
    return files.Line(amount, credit, DAY, DAY, reference, bank, "text")


def test_the_bank_reference_names_the_entry():
    file = of_camt(files.camt(0, [line()]), accounts={"DE123": "main"}, bank_code="DEMO")
    (record,) = file.transactions
    assert (record.txn_id, record.account_id, record.bank_code) == ("main:BANK1", "main", "DEMO")
    assert (record.reference_number, record.end_to_end_id, record.bank_reference) == ("REF1", "REF1", "BANK1")
    assert (record.booked_at, record.value_date) == (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), DAY)
    assert (record.raw_ref, record.statement_id) == (f"{'ab' * 32}#Stmt[1]/Ntry[1]", "main:S1")
    (statement,) = file.statements
    assert (statement.kind, statement.proof, statement.sequence) == (StatementKind.STATEMENT, Proof.PROVED, 7)
    assert (statement.opening_minor, statement.closing_minor, statement.entry_count, statement.credit_minor) == (0, 500, 1, 500)


def test_twins_are_two_records_and_a_redelivery_gives_the_same_names():
    content = files.camt(0, [line(), line(), line("REF2", "BANK2")])
    names = [record.txn_id for record in of_camt(content).transactions]
    assert len(set(names)) == 3
    assert names[2] == "DE123:BANK2"
    assert [name[-2:] for name in names[:2]] == ["-0", "-1"]
    assert names == [record.txn_id for record in of_camt(content, sha256="cd" * 32, path="again.xml").transactions]


@given(files.statements)
@settings(max_examples=40)
def test_names_are_unique_and_line_ends_do_not_matter(statement):
    records = [
        canonicalise(mt940.parse(io.BytesIO(files.mt940(*statement, end=end))), origin()).transactions for end in ("\n", "\r\n")
    ]
    names = [[record.txn_id for record in of_file] for of_file in records]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0]) == len(statement[1])


def test_details_of_a_batch_are_children_and_never_added():
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy='EUR'>{amount}</Amt></TxDtls>"
        for name, amount in (("A", "2.00"), ("B", "3.00"))
    )
    entry = files.camt_entry(line()).replace("</Ntry>", f"<NtryDtls>{details}</NtryDtls></Ntry>")
    entry = entry.replace(entry[entry.index("<NtryDtls>") : entry.index("</NtryDtls>") + 11], "", 1)
    file = of_camt("".join(files.camt_parts(0, 500, [entry])).encode())
    parent, *children = file.transactions
    assert (parent.txn_id, parent.parent_txn_id, parent.amount_minor) == ("DE123:BANK1", None, 500)
    assert [(child.txn_id, child.parent_txn_id, child.amount_minor, child.reference_number) for child in children] == [
        ("DE123:BANK1/1", "DE123:BANK1", 200, "A"),
        ("DE123:BANK1/2", "DE123:BANK1", 300, "B"),
    ]
    assert (file.entries, file.statements[0].entry_count, file.statements[0].credit_minor) == (1, 1, 500)


def test_a_pending_entry_does_not_take_the_name_of_the_booked_one():
    pending = files.camt_entry(line()).replace("BOOK", "PDNG")
    file = of_camt("".join(files.camt_parts(0, 500, [files.camt_entry(line()), pending])).encode())
    booked, announced = file.transactions
    assert (booked.txn_id, booked.status, announced.status) == ("DE123:BANK1", Status.SUCCESS, Status.PENDING)
    assert announced.txn_id != booked.txn_id


def report(*entries: str, root: str = "BkToCstmrAcctRpt", container: str = "Rpt") -> bytes:
    content = "".join(files.camt_parts(0, 500, entries or [files.camt_entry(line())], statement="R1"))
    return content.replace("BkToCstmrStmt", root).replace("Stmt>", f"{container}>").encode()


def notification(*entries: str) -> bytes:
    return report(*entries, root="BkToCstmrDbtCdtNtfctn", container="Ntfctn")


def batch_of(*amounts: str) -> str:
    details = "".join(f"<TxDtls><Amt Ccy='EUR'>{amount}</Amt></TxDtls>" for amount in amounts)
    whole = files.camt_entry(line())
    begin, end = whole.index("<NtryDtls>"), whole.index("</Ntry>")
    return f"{whole[:begin]}<NtryDtls>{details}</NtryDtls>{whole[end:]}"


@pytest.mark.parametrize(("content", "kind"), [(report(), "report"), (notification(), "notification")])
def test_a_report_is_quarantined_where_the_feed_does_not_want_it(content, kind):
    file = of_camt(content)
    assert (file.transactions, file.statements) == ([], [])
    assert [bad.reason for bad in file.bad] == [f"not_a_statement_{kind}"]


@pytest.mark.parametrize(("content", "kind"), [(report(), StatementType.REPORT), (notification(), StatementType.NOTIFICATION)])
def test_a_feed_of_reports_alone_is_a_ledger_of_its_own(content, kind):
    file = of_camt(content, types=frozenset({kind}))
    assert [(one.txn_id, one.status, one.revision) for one in file.transactions] == [("DE123:BANK1", Status.SUCCESS, 0)]
    assert len(file.statements) == 1


def test_beside_statements_a_report_is_provisional_until_the_statement_has_its_entry():
    types = frozenset({StatementType.REPORT, StatementType.STATEMENT})
    (announced,) = of_camt(report(), types=types, revision=3).transactions
    (booked,) = of_camt(files.camt(0, [line()]), types=types).transactions
    assert announced.txn_id == booked.txn_id
    assert (announced.status, booked.status) == (Status.PENDING, Status.SUCCESS)
    assert announced.revision < booked.revision
    assert not of_camt(report(), types=types).statements


def test_a_provisional_entry_that_no_statement_could_replace_is_quarantined():
    types = frozenset({StatementType.REPORT, StatementType.STATEMENT})
    nameless = files.camt_entry(line()).replace("<AcctSvcrRef>BANK1</AcctSvcrRef>", "")
    twins = [files.camt_entry(line())] * 2
    for entries, count in (([nameless], 1), (twins, 2)):
        file = of_camt(report(*entries), types=types)
        assert not file.transactions
        assert [bad.reason for bad in file.bad] == ["no_reference_to_the_statement"] * count


def test_beside_statements_a_notification_adds_payments_and_never_movements():
    types = frozenset({StatementType.NOTIFICATION, StatementType.STATEMENT})
    file = of_camt(notification(batch_of("2.00", "3.00")), types=types)
    (booked,) = of_camt(files.camt(0, [line()]), types=types).transactions
    assert [(one.txn_id, one.parent_txn_id, one.amount_minor) for one in file.transactions] == [
        (f"{booked.txn_id}/1", booked.txn_id, 200),
        (f"{booked.txn_id}/2", booked.txn_id, 300),
    ]
    assert all(one.revision < booked.revision for one in file.transactions)
    assert [bad.reason for bad in of_camt(notification(), types=types).bad] == ["repeats_the_statement"]


def of_bai2(*, status: str, time: str, amount: int = 5, corrections: str | None = "by_id", reference: str = "B1") -> CanonicalFile:
    content = (
        f"01,A,B,260103,{time},1,,,2/\n02,B,A,{status},260102,2359,USD,2/\n03,77,USD,,,,/\n16,195,{amount},Z,{reference},C1,x\n"
        f"49,{amount},3/\n98,{amount},1,5/\n99,{amount},1,7/\n"
    )
    options = ParseOptions(mapping={"corrections": corrections} if corrections else {})
    return canonicalise(bai2.parse(io.BytesIO(content.encode()), options), origin(path="x.bai"))


def test_what_the_bank_says_last_of_a_record_wins():
    told = [
        of_bai2(status=status, time=time, amount=amount).transactions[0]
        for status, time, amount in (("1", "0400", 5), ("2", "0500", 5), ("1", "0501", 6), ("3", "0502", 7))
    ]
    assert {one.txn_id for one in told} == {"77:B1"}
    assert [one.status for one in told] == [Status.SUCCESS, Status.VOID, Status.SUCCESS, Status.SUCCESS]
    assert [one.revision for one in told] == sorted({one.revision for one in told})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"corrections": None}, "correction_not_applied"), ({"reference": ""}, "correction_without_id")],
)
@pytest.mark.parametrize("status", ["2", "3"])
def test_a_correction_of_nobody_knows_what_is_quarantined(status, changes, reason):
    file = of_bai2(status=status, time="0400", **changes)
    assert not file.transactions
    assert [bad.reason for bad in file.bad] == [reason]


@pytest.mark.parametrize(("action", "status"), [("DELETE", Status.VOID), ("REPLACE", Status.SUCCESS)])
def test_an_ofx_correction_takes_the_id_of_what_it_corrects(action, status):
    def download(served: str, row: str) -> CanonicalTransaction:
        content = (
            f"OFXHEADER:100\n\n<OFX><SONRS><DTSERVER>{served}</SONRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>1</BANKACCTFROM>"
            f"<BANKTRANLIST><STMTTRN><DTPOSTED>20260102<TRNAMT>{row}</STMTTRN></BANKTRANLIST></STMTRS></OFX>"
        )
        options = ParseOptions(mapping={"corrections": "by_id"})
        (record,) = canonicalise(ofx.parse(io.BytesIO(content.encode()), options), origin(path="x.ofx")).transactions
        return record

    first = download("20260103120000", "-1.00<FITID>F1")
    second = download("20260104120000[-5:EST]", f"-2.00<FITID>F2<CORRECTFITID>F1<CORRECTACTION>{action}")
    assert first.txn_id == second.txn_id == "1:F1"
    assert (second.revision > first.revision, second.status) == (True, status)


def test_rows_of_overlapping_downloads_have_the_same_names():
    def names(*rows: str) -> list[str]:
        content = "date,amount,memo\n" + "".join(f"{row}\n" for row in rows)
        options = ParseOptions(default_account="A", default_currency="EUR")
        file = canonicalise(csv_mapping.parse(io.BytesIO(content.encode()), options), origin(sha256=str(len(rows)) * 64))
        return [record.txn_id for record in file.transactions]

    coffee, rent = "2026-01-02,-3.00,coffee", "2026-01-03,-900.00,rent"
    assert names(coffee, coffee)[0] != names(coffee, coffee)[1]
    assert names(coffee, coffee, rent)[1:] == [names(coffee, coffee)[1], names(rent)[0]]


def test_an_entry_without_account_is_quarantined():
    content = b"date,amount\n2026-01-02,1\n"
    file = canonicalise(csv_mapping.parse(io.BytesIO(content)), origin(path="x.csv"))
    assert [(bad.reason, bad.position) for bad in file.bad] == [("incomplete_entry", "x.csv:2")]


@pytest.mark.parametrize(("version", "revision"), [(0, 0), (2, 2)])
def test_the_version_of_a_file_is_the_revision_of_its_records(version, revision):
    (record,) = of_camt(files.camt(0, [line(credit=False)]), revision=version).transactions
    assert (record.revision, record.direction) == (revision, Direction.DEBIT)
