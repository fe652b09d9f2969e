"""Two CSV files and their truth: what the benchmark reconciles."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.truth import Truth

__all__ = ["FIELDS", "LabelledBook", "Row", "write_book"]

FIELDS = ("id", "date", "amount", "memo")

Row = tuple[str, str, str, str]
"""A record as the file has it, in the order of `FIELDS`."""


@dataclass(frozen=True, slots=True)
class LabelledBook:
    """A book with its truth, which the engine never sees.

    Attributes:
        rules: text of the reconciliation file that the book is matched by; empty for the default of `reconduit match`.
    """

    name: str
    left: Sequence[Row]
    right: Sequence[Row]
    truth: Truth
    rules: str = ""


def write_book(book: LabelledBook, folder: Path) -> tuple[Path, Path]:
    """Write both sides as CSV and return their paths."""
    paths = folder / "left.csv", folder / "right.csv"
    for path, rows in zip(paths, (book.left, book.right), strict=True):
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(FIELDS)
            writer.writerows(rows)
    return paths
