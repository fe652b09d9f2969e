"""camt.053 and its relatives: versions, batches, reversals, balances, and hostile XML."""

import datetime as dt
import io

import pytest

from producers.errors import FileFormatError
from producers.formats import camt053
from producers.formats.contract import BadEntry, Entry, EntryStatus, Finding, StatementEnd, StatementStart, StatementType
from schemas.records import Direction, Proof
from tests.fixtures.statement_files import camt_parts


def ntry(
    amount: str = "10.00", mark: str = "CRDT", rest: str = "", *, status: str = "<Sts>BOOK</Sts>", date: str = "<Dt>2026-01-02</Dt>"
) -> str:
    return f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{status}<BookgDt>{date}</BookgDt>{rest}</Ntry>"


def read(*entries: str, opening: int = 0, closing: int = 0, change: tuple[str, str] = ("", "")) -> list[object]:
    content = "".join(camt_parts(opening, closing, entries)).replace(*change)
    return list(camt053.parse(io.BytesIO(content.encode())))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def codes(events) -> list[str]:
    return [finding.code for finding in of(Finding, events)]


def test_early_and_late_shapes_of_status_party_and_date():
    early = ntry(rest="<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>ACME</Nm></Dbtr></RltdPties></TxDtls></NtryDtls>")
    late = ntry(
        status="<Sts><Cd>BOOK</Cd></Sts>",
        date="<DtTm>2026-01-02T23:30:00+02:00</DtTm>",
        rest="<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>ACME</Nm></Pty></Dbtr></RltdPties></TxDtls></NtryDtls>",
    )
    events = read(early, late, closing=2000)
    first, second = of(Entry, events)
    assert first.counterparty_name == second.counterparty_name == "ACME"
    assert first.booking_date == second.booking_date == dt.date(2026, 1, 2)
    assert first.status is second.status is EntryStatus.BOOKED
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


def test_a_reversal_keeps_its_own_direction():
    (found,) = of(Entry, read(ntry("5.00", "DBIT", "<RvslInd>true</RvslInd>"), opening=500))
    assert (found.direction, found.is_reversal) == (Direction.DEBIT, True)


def test_pending_entries_are_in_no_sum():
    events = read(ntry(), ntry("99.00", status="<Sts><Cd>PDNG</Cd></Sts>"), closing=1000)
    assert of(StatementEnd, events)[0].proof is Proof.PROVED
    assert [entry.status for entry in of(Entry, events)] == [EntryStatus.BOOKED, EntryStatus.PENDING]


def test_version_01_has_its_payments_in_the_entry_itself():
    payment = "<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs></TxDtls>"
    single, batch = of(Entry, read(ntry(rest=payment), ntry(rest=f"<Btch><PmtInfId>RUN7</PmtInfId></Btch>{payment}"), closing=2000))
    assert (single.customer_reference, single.end_to_end_id, len(single.details)) == (None, "E1", 1)
    assert (batch.customer_reference, batch.end_to_end_id, len(batch.details)) == ("RUN7", "E1", 1)


def test_structured_remittance_keeps_every_reference_document_and_text():
    structured = (
        "<RmtInf><Ustrd>Rent</Ustrd><Strd><RfrdDocInf><Tp/><Nb>INV-1</Nb></RfrdDocInf><RfrdDocInf><Nb>INV-2</Nb></RfrdDocInf>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf><AddtlRmtInf>less 2 %</AddtlRmtInf></Strd>"
        "<Strd><CdtrRefInf><Ref>3900</Ref></CdtrRefInf></Strd></RmtInf>"
    )
    (found,) = of(Entry, read(ntry(rest=f"<NtryDtls><TxDtls>{structured}</TxDtls></NtryDtls>"), closing=1000))
    assert found.customer_reference == "RF18539007547034"
    assert found.remittance == "Rent\nINV-1\nINV-2\nless 2 %\n3900"


def test_a_return_says_why_by_code_or_in_the_banks_words():
    returned = "<TxDtls><RtrInf><Rsn>{}</Rsn><AddtlInf>account closed</AddtlInf></RtrInf></TxDtls>"
    details = returned.format("<Cd>AC04</Cd>") + returned.format("<Prtry>X9</Prtry>")
    (found,) = of(Entry, read(ntry(rest=f"<NtryDtls>{details}</NtryDtls>"), closing=1000))
    assert [(one.return_reason, one.remittance) for one in found.details] == [("AC04", "account closed"), ("X9", "account closed")]


def test_a_bank_as_the_other_side_has_its_name():
    party = "<RltdPties><Dbtr><Agt><FinInstnId><Nm>BANK OF X</Nm></FinInstnId></Agt></Dbtr></RltdPties>"
    (found,) = of(Entry, read(ntry(rest=f"<NtryDtls><TxDtls>{party}</TxDtls></NtryDtls>"), closing=1000))
    assert found.counterparty_name == "BANK OF X"


BATCH = (
    "<NtryDtls><Btch><PmtInfId>RUN7</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
    "<TxDtls><Refs><EndToEndId>A</EndToEndId></Refs><Amt Ccy='EUR'>{first}</Amt></TxDtls>"
    "<TxDtls><Refs><EndToEndId>B</EndToEndId></Refs><AmtDtls><InstdAmt><Amt Ccy='USD'>77.00</Amt></InstdAmt>"
    "<TxAmt><Amt Ccy='EUR'>4.00</Amt></TxAmt></AmtDtls>{mark}</TxDtls></NtryDtls>"
)


def test_a_batch_is_one_entry_with_checked_details():
    events = read(ntry(rest=BATCH.format(first="6.00", mark="")), closing=1000)
    (found,) = of(Entry, events)
    assert [detail.amount_minor for detail in found.details] == [600, 400]
    assert (found.customer_reference, found.end_to_end_id) == ("RUN7", None)
    assert codes(events) == []
    assert codes(read(ntry(rest=BATCH.format(first="5.00", mark="")), closing=1000)) == ["detail_sum_mismatch"]
    opposite = BATCH.format(first="14.00", mark="<CdtDbtInd>DBIT</CdtDbtInd>")
    assert codes(read(ntry(rest=opposite), closing=1000)) == []
    assert codes(read(ntry(rest=BATCH.format(first="6.00", mark="").replace(">2<", ">3<")), closing=1000)) == [
        "detail_count_mismatch"
    ]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (ntry("8.85123"), "amount"),
        (ntry("1e3"), "amount"),
        (ntry("-5.00"), "amount"),
        (ntry("1,00"), "amount"),
        (ntry(mark="IN"), "malformed_entry"),
        (ntry(status="<Sts><Cd>MAYBE</Cd></Sts>"), "malformed_entry"),
        ("<Ntry><CdtDbtInd>CRDT</CdtDbtInd></Ntry>", "malformed_entry"),
    ],
)
def test_an_unreadable_entry_is_quarantined_and_the_rest_kept(entry, reason):
    events = read(ntry(), entry, closing=1000)
    (bad,) = of(BadEntry, events)
    assert (bad.reason, bad.position) == (reason, "Stmt[1]/Ntry[2]")
    assert bad.raw.startswith(b"<Ntry")
    assert len(of(Entry, events)) == 1
    assert of(StatementEnd, events)[0].bad_entries == 1


def test_balances_that_do_not_follow_fail_with_the_difference():
    events = read(ntry(), closing=999)
    assert of(StatementEnd, events)[0].proof is Proof.FAILED
    (finding,) = of(Finding, events)
    assert (finding.code, "-0.01" in finding.message) == ("balance_mismatch", True)


def test_previous_closing_stands_in_for_the_opening():
    assert of(StatementEnd, read(ntry(), closing=1000, change=("OPBD", "PRCD")))[0].proof is Proof.PROVED


def test_declared_totals_are_checked():
    summary = "<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry><Ntry>"
    events = read(ntry(), closing=1000, change=("<Ntry>", summary))
    assert (codes(events), of(StatementEnd, events)[0].proof) == (["declared_total_mismatch"], Proof.FAILED)


@pytest.mark.parametrize(
    ("root", "container", "kind"),
    [
        ("BkToCstmrAcctRpt", "Rpt", StatementType.REPORT),
        ("BkToCstmrAcctRptV01", "Rpt", StatementType.REPORT),
        ("BkToCstmrDbtCdtNtfctn", "Ntfctn", StatementType.NOTIFICATION),
    ],
)
def test_reports_and_notifications_are_told_apart(root, container, kind):
    content = "".join(camt_parts(0, 1000, [ntry()])).replace("BkToCstmrStmt", root).replace("Stmt>", f"{container}>")
    (start,) = of(StatementStart, camt053.parse(io.BytesIO(content.encode())))
    assert start.type is kind


def test_an_envelope_and_several_statements():
    inner = "".join(camt_parts(0, 1000, [ntry()])).split("?>\n")[1]
    content = f"<Envelope><AppHdr/>{inner}{inner}</Envelope>"
    events = list(camt053.parse(io.BytesIO(content.encode())))
    assert [(end.start.index, end.proof) for end in of(StatementEnd, events)] == [(1, Proof.PROVED), (2, Proof.PROVED)]
    assert of(StatementStart, events)[0].version == "camt.053.001.08"


def _document(prolog: str, text: str = "") -> bytes:
    body = "".join(camt_parts(0, 1000, [ntry(rest=f"<AddtlNtryInf>{text}</AddtlNtryInf>")])).split("?>\n")[1]
    return f"<?xml version='1.0'?>{prolog}{body}".encode()


@pytest.mark.parametrize(
    "content",
    [
        _document("<!DOCTYPE Document SYSTEM 'file:///etc/hostname'>"),
        _document("<!DOCTYPE Document [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>", "&x;"),
        _document("<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]>", "&c;"),
        _document("<!-- <a> -->" + " " * 100_000 + "<!DOCTYPE Document>"),
        _document("<!DOCTYPE Document>").decode().encode("utf-16"),
        _document("", "&undefined;"),
        _document("", "<a>" * 5000),
        _document("", "x" * (11 << 20)),
        b"<Document/>",
        b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt/></Document>",
        b"",
        b"\0" * 100,
    ],
    ids=[
        "external", "xxe", "bomb", "late doctype", "utf-16 doctype", "entity", "deep", "text node",
        "empty", "no statement", "0", "nul",
    ],
)  # fmt: skip
def test_hostile_and_empty_documents_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        list(camt053.parse(io.BytesIO(content)))


def summary(declared: dict[str, str]) -> str:
    def part(name: str, told: str) -> str:
        count, _, amount = told.partition(" ")
        return f"<{name}><NbOfNtries>{count}</NbOfNtries><Sum>{amount}</Sum></{name}>" if told else ""

    names = {"total": "TtlNtries", "credits": "TtlCdtNtries", "debits": "TtlDbtNtries"}
    return f"<TxsSummry>{''.join(part(names[name], told) for name, told in declared.items())}</TxsSummry>"


@pytest.mark.parametrize(
    ("declared", "proof"),
    [
        ({}, Proof.NOT_PROVABLE),
        ({"total": "2 7.00"}, Proof.PROVED),
        ({"total": "2 7.01"}, Proof.FAILED),
        ({"total": "3 7.00"}, Proof.FAILED),
        ({"credits": "2 7.00", "total": "2 "}, Proof.PROVED),
        ({"credits": "1 5.00"}, Proof.NOT_PROVABLE),
        ({"credits": "1 5.00", "debits": "0 0.00"}, Proof.PROVED),
        ({"credits": "1 6.00", "debits": "0 0.00"}, Proof.FAILED),
    ],
)
def test_a_report_without_balances_is_proved_by_its_declared_totals_of_all_or_of_booked_entries(declared, proof):
    """One entry of 5.00 is booked, one of 2.00 is pending; banks count either."""
    pending = ntry("2.00", status="<Sts>PDNG</Sts>")
    head = "<Rpt><Id>R</Id><Acct><Id><IBAN>DE1</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    body = f"<BkToCstmrAcctRpt>{head}{summary(declared)}{ntry('5.00')}{pending}</Rpt></BkToCstmrAcctRpt>"
    ends = of(StatementEnd, camt053.parse(io.BytesIO(f"<Document>{body}</Document>".encode())))
    assert [end.proof for end in ends] == [proof]


@pytest.mark.parametrize("version", [f"{number:02}" for number in range(1, 15)])
@pytest.mark.parametrize(
    "envelope", ["{}", "<m><AppHdr xmlns='urn:h'/>{}</m>", "<s:E xmlns:s='urn:soap'><s:Body>{}</s:Body></s:E>"]
)
@pytest.mark.parametrize(
    ("message", "root", "container"),
    [("052", "BkToCstmrAcctRpt", "Rpt"), ("053", "BkToCstmrStmt", "Stmt"), ("054", "BkToCstmrDbtCdtNtfctn", "Ntfctn")],
)
def test_every_version_in_every_envelope(message, root, container, envelope, version):
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    content = "".join(camt_parts(0, 1000, [ntry()], namespace=namespace)).partition("\n")[2]
    content = content.replace("BkToCstmrStmt", root).replace("Stmt>", f"{container}>")
    (end,) = of(StatementEnd, camt053.parse(io.BytesIO(envelope.format(content).encode())))
    assert (end.start.version, end.computed.credit_minor) == (f"camt.{message}.001.{version}", 1000)
    assert camt053.recognise(envelope.format(content).encode())
