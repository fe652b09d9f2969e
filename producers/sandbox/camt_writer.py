"""Writes camt.053.001.08 as a European bank does: one statement per file, booked balances, one detail per entry."""

import datetime as dt

from lxml import etree

from producers.sandbox.model import BankLine
from producers.sandbox.statements import DayStatement
from schemas.money import format_minor

__all__ = ["camt053"]

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def camt053(statement: DayStatement) -> bytes:
    """The statement as an XML document in UTF-8. The bank's reference of a line is `AcctSvcrRef`, ours is `EndToEndId`."""
    document = etree.Element(f"{{{_NAMESPACE}}}Document", nsmap={None: _NAMESPACE})  # type: ignore[dict-item]  # None is the default namespace
    root = _add(document, "BkToCstmrStmt")
    created = dt.datetime.combine(statement.date, dt.time(22, 0), dt.UTC).isoformat()
    header = _add(root, "GrpHdr")
    _add(header, "MsgId", f"MSG{statement.date:%Y%m%d}{statement.number:03d}")
    _add(header, "CreDtTm", created)
    body = _add(root, "Stmt")
    _add(body, "Id", f"{statement.account_id}-{statement.date:%Y%m%d}")
    _add(body, "ElctrncSeqNb", str(statement.number))
    _add(body, "LglSeqNb", str(statement.number))
    _add(body, "CreDtTm", created)
    account = _add(body, "Acct")
    _add(_add(account, "Id"), "IBAN", statement.account_id)
    _add(account, "Ccy", statement.currency)
    _balance(body, "OPBD", statement.opening_minor, statement)
    _balance(body, "CLBD", statement.closing_minor, statement)
    _summary(body, statement)
    for line in statement.lines:
        _entry(body, line)
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add(parent: "etree._Element", name: str, text: str | None = None) -> "etree._Element":
    child = etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
    child.text = text
    return child


def _amount(parent: "etree._Element", name: str, amount_minor: int, currency: str) -> None:
    _add(parent, name, format_minor(amount_minor, currency)).set("Ccy", currency)


def _indicator(parent: "etree._Element", *, credit: bool) -> None:
    _add(parent, "CdtDbtInd", "CRDT" if credit else "DBIT")


def _balance(body: "etree._Element", code: str, balance_minor: int, statement: DayStatement) -> None:
    balance = _add(body, "Bal")
    _add(_add(_add(balance, "Tp"), "CdOrPrtry"), "Cd", code)
    _amount(balance, "Amt", abs(balance_minor), statement.currency)
    _indicator(balance, credit=balance_minor >= 0)
    _add(_add(balance, "Dt"), "Dt", statement.date.isoformat())


def _summary(body: "etree._Element", statement: DayStatement) -> None:
    summary = _add(body, "TxsSummry")
    total = _add(summary, "TtlNtries")
    _add(total, "NbOfNtries", str(len(statement.lines)))
    for name, direction in (("TtlCdtNtries", "CREDIT"), ("TtlDbtNtries", "DEBIT")):
        amounts = [line.amount_minor for line in statement.lines if line.direction == direction]
        part = _add(summary, name)
        _add(part, "NbOfNtries", str(len(amounts)))
        _add(part, "Sum", format_minor(sum(amounts), statement.currency))


def _entry(body: "etree._Element", line: BankLine) -> None:
    entry = _add(body, "Ntry")
    credit = line.direction == "CREDIT"
    _add(entry, "NtryRef", line.line_id)
    _amount(entry, "Amt", line.amount_minor, line.currency)
    _indicator(entry, credit=credit)
    _add(_add(entry, "Sts"), "Cd", "BOOK")
    _add(_add(entry, "BookgDt"), "Dt", line.booked_at.date().isoformat())
    _add(_add(entry, "ValDt"), "Dt", line.value_date.isoformat())
    _add(entry, "AcctSvcrRef", line.line_id)
    _transaction_code(_add(entry, "BkTxCd"), credit=credit)
    details = _add(_add(entry, "NtryDtls"), "TxDtls")
    references = _add(details, "Refs")
    _add(references, "AcctSvcrRef", line.line_id)
    _add(references, "EndToEndId", line.reference or "NOTPROVIDED")
    _amount(details, "Amt", line.amount_minor, line.currency)
    _indicator(details, credit=credit)
    if line.counterparty_name:
        party = _add(_add(details, "RltdPties"), "Dbtr" if credit else "Cdtr")
        _add(_add(party, "Pty"), "Nm", line.counterparty_name)
    _add(_add(details, "RmtInf"), "Ustrd", line.narration)


def _transaction_code(parent: "etree._Element", *, credit: bool) -> None:
    domain = _add(parent, "Domn")
    _add(domain, "Cd", "PMNT")
    family = _add(domain, "Fmly")
    _add(family, "Cd", "RCDT" if credit else "ICDT")
    _add(family, "SubFmlyCd", "ESCT")
