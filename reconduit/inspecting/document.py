"""The result of `reconduit inspect` as data: the JSON contract `schemas/json/inspect.schema.json`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from producers.formats.contract import Balance, Entry, Finding
from reconduit.inspecting.file_report import FileReport, StatementReport
from schemas.records import Proof

__all__ = ["PROOFS", "as_document"]

PROOFS = {Proof.PROVED: "proved", Proof.FAILED: "failed", Proof.NOT_PROVABLE: "not provable"}
"""What the contract calls the outcome of a proof."""


def as_document(reports: Sequence[FileReport], *, with_entries: bool) -> list[dict[str, Any]]:
    """One object per file; amounts are minor units, dates ISO 8601.

    Args:
        reports: the files.
        with_entries: add `entry_list` to each statement.
    """
    return [_file(report, with_entries=with_entries) for report in reports]


def _file(report: FileReport, *, with_entries: bool) -> dict[str, Any]:
    statements = [_statement(statement, with_entries=with_entries) for statement in report.statements]
    quarantined = [{"position": bad.position, "reason": f"{bad.reason}: {bad.detail}"} for bad in report.quarantined]
    if report.error is not None:
        quarantined = [{"position": "file", "reason": report.error}]
    loose = [_finding(finding) for finding in report.findings]
    if statements:
        statements[0]["findings"] = loose + statements[0]["findings"]
    else:
        quarantined += [{"position": finding.position, "reason": finding.message} for finding in report.findings]
    return {
        "file": report.file,
        "format": report.format,
        "version": report.version,
        "statements": statements,
        "quarantined": quarantined,
    }


def _statement(report: StatementReport, *, with_entries: bool) -> dict[str, Any]:
    start, end = report.start, report.end
    told: dict[str, Any] = {
        "account": start.account_id,
        "currency": start.currency,
        "number": start.sequence,
        "opening": _balance(end.opening if end else start.opening),
        "closing": _balance(end.closing if end else None),
        "entries": report.entries,
        "details": report.details,
        "credit_minor": (end.computed.credit_minor if end else None) or 0,
        "debit_minor": (end.computed.debit_minor if end else None) or 0,
        "proof": PROOFS[end.proof if end else Proof.NOT_PROVABLE],
        "findings": [_finding(finding) for finding in report.findings],
    }
    if with_entries:
        told["entry_list"] = [_entry(entry) for entry in report.shown]
    return told


def _balance(balance: Balance | None) -> dict[str, Any] | None:
    if balance is None:
        return None
    return {"amount_minor": balance.amount_minor, "date": balance.date.isoformat() if balance.date else None}


def _finding(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "message": finding.message, "position": finding.position}


def _entry(entry: Entry) -> dict[str, Any]:
    told = asdict(entry)
    for name in ("booking_date", "value_date"):
        told[name] = told[name].isoformat() if told[name] else None
    told["details"] = list(told["details"])
    return told
