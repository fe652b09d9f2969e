"""Closing one large book: seconds and memory of the engine for 10,000 to 1,000,000 open items a side, of constant density.

Each size runs in a process of its own, so that its peak is its own; the peak includes the items themselves. Nothing ties the sides
but amounts, days and texts that differ, so that every stage has its work. The stages are the default ones of `reconduit match`.
"""

import argparse
import datetime as dt
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.accuracy.books import Row
from benchmarks.accuracy.hard_books import hard_book
from benchmarks.result import Result
from reconciler.conservation import check
from reconciler.dispatch import solve
from reconciler.types import Decision, Item
from reconduit.matching.rules import load_reconciliation

__all__ = ["close_book", "run_open_items"]

_ITEMS_PERCENT = 87
"""Items of a side for 100 payments of the generated book: some are on the other side alone, some are there twice."""

_SEED = 7
_COMPLETE = dt.datetime.max.replace(tzinfo=dt.UTC)


def run_open_items(options: argparse.Namespace) -> list[Result]:
    """Close a book of each size that `--open-items` names; ratios are against n log n of the smallest."""
    results: list[Result] = []
    for size in sorted(int(size) for size in options.open_items.split(",")):
        command = [sys.executable, "-m", "benchmarks.open_items", str(size)]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        detail = {name: found[name] for name in ("processor_seconds", "left", "right", "auto", "suggested", "right_pairs")}
        smallest = results[0] if results else None
        results.append(
            Result(
                name=f"close, {size:,} open items a side",
                value=found["seconds"],
                unit="seconds",
                baseline=None if smallest is None else f"n log n from {smallest.name.removeprefix('close, ')}",
                ratio=None if smallest is None else found["seconds"] / _grown(smallest, found["left"]),
                peak_mib=found["peak_mib"],
                detail=detail,
            )
        )
    return results


def _grown(smallest: Result, items: int) -> float:
    """Seconds that a book of so many items may take by n log n, from what the smallest took."""
    least: int = smallest.detail["left"]
    return smallest.value * items * math.log(items) / (least * math.log(least))


def close_book(size: int) -> dict[str, Any]:
    """Generate and close a book of about `size` items a side in this process."""
    reconciliation = load_reconciliation(None)
    book = hard_book("hard", _SEED, size * 100 // _ITEMS_PERCENT)
    counts = len(book.left), len(book.right)
    truth = book.truth
    items = [*_items(book.left, "left"), *_items(book.right, "right")]
    del book
    began, spent = time.perf_counter(), time.process_time()
    outcome = solve(reconciliation, items, dict.fromkeys(reconciliation.side_names, _COMPLETE))
    seconds, spent = time.perf_counter() - began, time.process_time() - spent
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    check(items, outcome)
    auto = sum(match.decision is Decision.AUTO for match in outcome.matches)
    true = {group.left | group.right for group in truth.groups}
    found = sum(frozenset(member.id for member in match.members) in true for match in outcome.matches)
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(spent, 1),
        "peak_mib": peak_mib,
        "left": counts[0],
        "right": counts[1],
        "auto": auto,
        "suggested": len(outcome.matches) - auto,
        "right_pairs": f"{found / max(len(outcome.matches), 1):.4f} of the matches, {found / len(true):.4f} of the pairs",
    }


def _items(rows: Iterable[Row], side: str) -> Iterator[Item]:
    for identity, date, amount, text in rows:
        minor = int(amount.replace(".", ""))
        yield Item(
            id=identity,
            side=side,
            account="",
            amount_minor=abs(minor),
            currency="EUR",
            direction=1 if minor >= 0 else -1,
            booked_at=dt.datetime.combine(dt.date.fromisoformat(date), dt.time(), tzinfo=dt.UTC),
            text=text,
        )


if __name__ == "__main__":
    print(json.dumps(close_book(int(sys.argv[1]))))
