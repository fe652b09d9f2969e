"""The demo's report as tables in a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.report import Report

__all__ = ["print_report"]


def print_report(console: Console, report: Report) -> None:
    """Print sources, quarantine, reconciliations and planted breaks."""
    console.print(_sources(report["sources"]))
    console.print(_quarantine(report["quarantine"]))
    console.print(_reconciliations(report["reconciliations"]))
    console.print(_breaks(report["reconciliations"]))
    conservation = report["conservation"]
    if conservation == "holds":
        console.print("Conservation holds: every published record is stored, a copy, or in quarantine; none is in two decisions.")
    else:
        for fault in conservation:
            console.print(f"Conservation is BROKEN: {fault}")


def _sources(sources: dict[str, Any]) -> Table:
    table = Table(title="Sources", title_justify="left")
    table.add_column("source")
    for heading in ("fetched", "published", "stored", "quarantined"):
        table.add_column(heading, justify="right")
    for name, counts in sources.items():
        table.add_row(name, *(f"{counts[heading]:,}" for heading in ("fetched", "published", "stored", "quarantined")))
    return table


def _quarantine(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Quarantine", title_justify="left")
    for heading in ("source", "found by", "reason"):
        table.add_column(heading)
    table.add_column("records or answers", justify="right")
    for row in rows:
        table.add_row(row["source"], row["stage"], row["reason"], f"{row['count']:,}")
    return table


def _reconciliations(reconciliations: dict[str, Any]) -> Table:
    table = Table(title="Reconciliations", title_justify="left")
    table.add_column("reconciliation", no_wrap=True, min_width=max(map(len, reconciliations), default=0))
    for heading in ("records", "matched", "provisional", "match rate", "precision", "recall", "exact cases", "false breaks"):
        table.add_column(heading, justify="right")
    for name, one in reconciliations.items():
        truth = one["truth"]
        table.add_row(
            name,
            f"{one['records']:,}",
            f"{one['matched']:,}",
            f"{one['provisional']:,}",
            f"{one['match_rate']:.2%}",
            f"{truth['precision']:.4f}",
            f"{truth['recall']:.4f}",
            f"{truth['exact']['found']:,} of {truth['exact']['planted']:,}",
            f"{truth['false_breaks']:,}",
        )
    return table


def _breaks(reconciliations: dict[str, Any]) -> Table:
    table = Table(title="Breaks", title_justify="left")
    for heading in ("reconciliation", "type"):
        table.add_column(heading)
    for heading in ("open", "planted", "found"):
        table.add_column(heading, justify="right")
    for name, one in reconciliations.items():
        planted = one["truth"]["breaks"]
        for kind in sorted(one["breaks"].keys() | planted.keys()):
            tally = planted.get(kind, {"planted": 0, "found": 0})
            table.add_row(name, kind, f"{one['breaks'].get(kind, 0):,}", f"{tally['planted']:,}", f"{tally['found']:,}")
    return table
