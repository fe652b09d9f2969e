"""The result of `reconduit match` for a person at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reconciler.types import Break, Outcome, Reason
from schemas.money import format_minor
from schemas.told_amounts import with_decimals

__all__ = ["print_result"]

_MOST_BREAKS = 50


def print_result(console: Console, document: Mapping[str, Any], outcome: Outcome) -> None:
    """Summary, sums and the first breaks; the whole is in `--out` and `--json`."""
    summary = document["summary"]
    rules = document["rules"]
    suggested = f", {summary['suggested']} of them only suggested" if summary["suggested"] else ""
    console.print(
        f"{summary['matched_left']} of {summary['left']} left and {summary['matched_right']} of {summary['right']} right records "
        f"matched{suggested} (rules {rules['name']} version {rules['version']})",
        highlight=False,
    )
    expected = summary["expected_false"]
    if expected is not None:
        console.print(
            f"of {expected['matches']} confirmed by probability, {expected['false']} are expected to be false "
            f"({expected['per_100k']} in 100,000)",
            highlight=False,
        )
    console.print(_sums(summary["sums"]))
    if outcome.breaks:
        console.print(_breaks(outcome.breaks))
        if len(outcome.breaks) > _MOST_BREAKS:
            console.print(f"and {len(outcome.breaks) - _MOST_BREAKS} more breaks; use --out or --json to have them all")


def _sums(sums: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(title="Sums")
    table.add_column("currency")
    for name in ("left", "right", "matched", "open"):
        table.add_column(name, justify="right")
    for currency, amounts in sums.items():
        table.add_row(currency, *(format_minor(amount, currency) for amount in amounts.values()))
    return table


def _breaks(breaks: Sequence[Break]) -> Table:
    table = Table(title="Breaks")
    for name in ("type", "records", "amount", "why", "nearest"):
        table.add_column(name, justify="right" if name == "amount" else "left", overflow="fold")
    for broken in breaks[:_MOST_BREAKS]:
        records = ", ".join(f"{member.side} {member.id}" for member in broken.members[:6])
        nearest = broken.nearest
        near = "" if nearest is None else f"{nearest.id} ({_told(nearest.differs)})"
        table.add_row(
            broken.type.value,
            escape(records + (", ..." if len(broken.members) > 6 else "")),
            f"{format_minor(broken.amount_minor, broken.currency)} {broken.currency}",
            escape(_told(broken.reasons)),
            escape(near),
        )
    return table


def _told(reasons: Sequence[Reason]) -> str:
    return "; ".join(with_decimals(reason.signal, reason.text) for reason in reasons)
