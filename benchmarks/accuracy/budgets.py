"""Whether the automatic band keeps to what the rules accept: generated books, matched under several budgets of false matches."""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.accuracy.books import LabelledBook, write_book
from benchmarks.accuracy.generated.difficulty import DIFFICULTIES
from benchmarks.accuracy.generated.statement_book import statement_book
from benchmarks.accuracy.scoring import score
from reconciler.conservation import check
from reconciler.dispatch import solve
from reconduit.matching.items import horizon_of, items_of
from reconduit.matching.report import as_document
from reconduit.matching.rules import load_reconciliation
from reconduit.matching.run import read_pair

__all__ = ["budgets_table", "measure_budgets"]


def measure_budgets(seeds: Sequence[int], budgets: Sequence[int]) -> list[dict[str, Any]]:
    """Automatic matches of the books of these seeds by difficulty and budget (accepted false matches per 100,000).

    Solved by the engine itself, on what `reconduit match` reads, so that a book is read once.
    """
    counted: dict[tuple[str, int], Counter[str]] = {(name, budget): Counter() for name in DIFFICULTIES for budget in budgets}
    for name in DIFFICULTIES:
        for seed in seeds:
            for budget, found in _by_budget(statement_book(name, seed), budgets):
                counted[name, budget] += found
            print(f"[bench-accuracy] budgets, {name}, seed {seed}", file=sys.stderr)
    return [{"difficulty": name, "budget": budget, **found} for (name, budget), found in counted.items()]


def _by_budget(book: LabelledBook, budgets: Sequence[int]) -> Iterable[tuple[int, Counter[str]]]:
    rules = load_reconciliation(None)
    with tempfile.TemporaryDirectory() as folder:
        left, right = write_book(book, Path(folder))
        files = read_pair(rules, str(left), str(right), None)
    items, horizon = items_of(rules, *files), horizon_of(rules, *files)
    for budget in budgets:
        accepting = replace(rules, learning=replace(rules.learning, false_per_100k=budget))
        outcome = solve(accepting, items, horizon)
        check(items, outcome)
        auto = score(book.truth, as_document(accepting, items, outcome)["matches"]).auto
        yield budget, Counter(groups=auto.true, confirmed=auto.decided, false=auto.decided - auto.right)


def budgets_table(entries: Sequence[dict[str, Any]]) -> Table:
    """A line for each difficulty and budget."""
    table = Table(title="Automatic matches by accepted false ones per 100,000")
    for name in ("difficulty", "accepted", "confirmed", "recall", "false", "false per 100,000"):
        table.add_column(name, justify="left" if name == "difficulty" else "right")
    for entry in entries:
        confirmed, false = entry["confirmed"], entry.get("false", 0)
        table.add_row(
            entry["difficulty"],
            str(entry["budget"]),
            f"{confirmed:,}",
            f"{(confirmed - false) / entry['groups']:.3f}",
            str(false),
            f"{100_000 * false / max(confirmed, 1):.0f}",
        )
    return table
