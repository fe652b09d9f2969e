"""The result of `reconduit inspect` for a person at a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from producers.formats.contract import Balance, Entry
from reconduit.inspecting.document import PROOFS
from reconduit.inspecting.file_report import FileReport, StatementReport
from schemas.errors import AmountError
from schemas.money import format_minor
from schemas.records import Direction, Proof

__all__ = ["print_report"]

_MOST_STATEMENTS = 50
_MOST_PROBLEMS = 20
_STYLES = {Proof.PROVED: "green", Proof.FAILED: "bold red", Proof.NOT_PROVABLE: "yellow"}


def print_report(console: Console, report: FileReport) -> None:
    """One file: what it is, a row per statement, the first entries, findings and quarantine."""
    name = escape(report.file)
    if report.error is not None:
        recognised = f" ({report.format})" if report.format else ""
        console.print(
            f"[bold]{name}[/bold]{recognised}: [bold red]not readable[/bold red]: {escape(report.error)}", highlight=False
        )
        return
    version = f", {escape(report.version)}" if report.version else ""
    counted = f"{len(report.statements)} statements, {sum(statement.entries for statement in report.statements)} entries"
    console.print(f"[bold]{name}[/bold]: {report.format}{version}; {counted}", highlight=False)
    if report.statements:
        console.print(_statements(report.statements))
    if len(report.statements) > _MOST_STATEMENTS:
        console.print(f"and {len(report.statements) - _MOST_STATEMENTS} more statements; use --json to have them all")
    shown = [(statement, entry) for statement in report.statements[:_MOST_STATEMENTS] for entry in statement.shown]
    if shown:
        console.print(_entries(shown))
    problems = [f"{finding.position}: {finding.message}" for finding in report.findings]
    problems += [f"{finding.position}: {finding.message}" for statement in report.statements for finding in statement.findings]
    _print_list(console, "Findings", problems)
    _print_list(console, "Quarantined", [f"{bad.position}: {bad.reason}: {bad.detail}" for bad in report.quarantined])


def _statements(reports: list[StatementReport]) -> Table:
    table = Table(title="Statements")
    table.add_column("account", overflow="fold")
    for name in ("no.", "opening", "credits", "debits", "closing", "entries"):
        table.add_column(name, justify="right", overflow="fold", no_wrap=name != "entries")
    table.add_column("proof", no_wrap=True)
    for report in reports[:_MOST_STATEMENTS]:
        start, end = report.start, report.end
        currency = start.currency
        proof = end.proof if end else Proof.NOT_PROVABLE
        table.add_row(
            escape(f"{start.account_id} {currency}".strip()),
            "" if start.sequence is None else str(start.sequence),
            _balance(end.opening if end else start.opening, currency),
            _amount((end.computed.credit_minor if end else None) or 0, currency),
            _amount((end.computed.debit_minor if end else None) or 0, currency),
            _balance(end.closing if end else None, currency),
            f"{report.entries} ({report.details} details)" if report.details else str(report.entries),
            f"[{_STYLES[proof]}]{PROOFS[proof]}[/]",
        )
    return table


def _entries(shown: list[tuple[StatementReport, Entry]]) -> Table:
    table = Table(title="Entries")
    for name in ("at", "booked", "amount", "reference", "counterparty", "text"):
        table.add_column(name, justify="right" if name == "amount" else "left", overflow="fold")
    for _, entry in shown:
        signed = entry.amount_minor if entry.direction is Direction.CREDIT else -entry.amount_minor
        reference = entry.end_to_end_id or entry.customer_reference or entry.bank_reference or entry.entry_id or ""
        table.add_row(
            entry.position,
            entry.booking_date.isoformat() if entry.booking_date else "",
            f"{_amount(signed, entry.currency)} {escape(entry.currency)}",
            escape(reference),
            escape(entry.counterparty_name or ""),
            escape(entry.remittance or ""),
        )
    return table


def _balance(balance: Balance | None, currency: str) -> str:
    return "" if balance is None else _amount(balance.amount_minor, currency)


def _amount(amount_minor: int, currency: str) -> str:
    try:
        return format_minor(amount_minor, currency)
    except AmountError:
        # The file names no real currency; its statement has a finding for that.
        return f"{amount_minor} minor units"


def _print_list(console: Console, title: str, lines: list[str]) -> None:
    if not lines:
        return
    console.print(f"[bold]{title}[/bold]")
    for line in lines[:_MOST_PROBLEMS]:
        console.print(f"  {escape(line)}", highlight=False)
    if len(lines) > _MOST_PROBLEMS:
        console.print(f"  and {len(lines) - _MOST_PROBLEMS} more; use --json to have them all")
