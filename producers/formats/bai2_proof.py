"""What the summaries of a BAI2 account let one prove of its details: 010 opening + credits - debits = 015 closing."""

from producers.formats.bai2_summary import Summary
from producers.formats.contract import Totals
from producers.formats.proof import RunningProof
from schemas.money import format_minor

__all__ = ["ledger_problems", "summary_totals"]

_Problems = list[tuple[str, str]]


def summary_totals(summary: Summary) -> Totals | None:
    """The total credits (100) and total debits (400) that the account declares, None without either."""
    if not {"100", "400"} & summary.amounts.keys():
        return None
    return Totals(
        credits=summary.counts.get("100"),
        credit_minor=summary.amounts.get("100"),
        debits=summary.counts.get("400"),
        debit_minor=summary.amounts.get("400"),
    )


def ledger_problems(summary: Summary, proof: RunningProof, currency: str) -> tuple[_Problems, _Problems]:
    """What fails the proof, and what only keeps the details from proving anything, each as (code, message).

    A bank may report summaries with some of the details or none, so details that fall short of summaries are no failure as long
    as the summaries themselves make the closing balance.
    """
    opening, closing = summary.amounts.get("010"), summary.amounts.get("015")
    credit, debit = summary.amounts.get("100"), summary.amounts.get("400")
    moved = proof.credit_minor - proof.debit_minor
    short = (credit is not None and proof.credit_minor < credit) or (debit is not None and proof.debit_minor < debit)
    note = [("details_incomplete", "the details do not make the totals (100, 400) that the account declares")]
    if opening is not None and closing is not None:
        if opening + moved == closing:
            return [], []
        if short and credit is not None and debit is not None and opening + credit - debit == closing:
            return [], note
        message = (
            f"opening {format_minor(opening, currency)} and {proof.credits + proof.debits} entries make"
            f" {format_minor(opening + moved, currency)} {currency}, but the closing balance says"
            f" {format_minor(closing, currency)}; {proof.bad_entries} entries were unreadable"
        )
        return [("balance_mismatch", message)], []
    excess = (credit is not None and proof.credit_minor > credit) or (debit is not None and proof.debit_minor > debit)
    if excess:
        return [("declared_total_mismatch", "the details make more than the totals (100, 400) that the account declares")], []
    return [], note if short else []
