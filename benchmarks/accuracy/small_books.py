"""Small books, too small to learn from: many of them by seed, scored together. `python -m benchmarks.accuracy.small_books`."""

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.books import LabelledBook, write_book
from benchmarks.accuracy.generated.difficulty import DIFFICULTIES
from benchmarks.accuracy.generated.statement_book import statement_book
from benchmarks.accuracy.scoring import Band, Score, score
from reconciler.dispatch import solve
from reconciler.types import Outcome
from reconduit.matching.items import horizon_of, items_of
from reconduit.matching.report import as_document
from reconduit.matching.rules import load_reconciliation
from reconduit.matching.run import read_pair

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print precision and recall of the automatic band and of all decisions, by size and difficulty."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.small_books", description=main.__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[30, 120], help="events of a book")
    parser.add_argument("--books", type=int, default=40, help="books of each size and difficulty")
    parser.add_argument("--first-seed", type=int, default=7_000, help="the books have this seed and the following ones")
    options = parser.parse_args(arguments)
    table = Table("events", "difficulty", "band", "decided", "false", "precision", "recall", "F1", title="small books")
    for events in options.events:
        for difficulty in DIFFICULTIES:
            seeds = range(options.first_seed, options.first_seed + options.books)
            scores = [_solved(statement_book(difficulty, seed, events)) for seed in seeds]
            for name, band in (("auto", _sum(one.auto for one in scores)), ("all", _sum(one.all for one in scores))):
                figures = (f"{value:.4f}" for value in (band.precision, band.recall, band.f1))
                table.add_row(str(events), difficulty, name, str(band.decided), str(band.decided - band.right), *figures)
    Console().print(table)
    return 0


def _solved(book: LabelledBook) -> Score:
    rules = load_reconciliation(None)
    with tempfile.TemporaryDirectory() as folder:
        left, right = write_book(book, Path(folder))
        files = read_pair(rules, str(left), str(right), None)
    items = items_of(rules, *files)
    outcome: Outcome = solve(rules, items, horizon_of(rules, *files))
    document = as_document(rules, items, outcome)
    return score(book.truth, document["matches"], document["breaks"])


def _sum(bands: Iterable[Band]) -> Band:
    listed = list(bands)
    return Band(*(sum(getattr(band, name) for band in listed) for name in ("true", "decided", "right")))


if __name__ == "__main__":
    raise SystemExit(main())
