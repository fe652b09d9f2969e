"""How the time of `reconduit match` grows with the records, at constant density."""

import math
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from benchmarks.accuracy.books import LabelledBook
from benchmarks.accuracy.command import match_book
from benchmarks.accuracy.generated.statement_book import statement_book
from benchmarks.accuracy.shared_pairs import SAMPLE, first_pairs, read_pairs

__all__ = ["growth_table", "measure_growth"]

_SIZES = (5_000, 10_000, 20_000, 40_000)
_SEED = 101


def measure_growth(only: str) -> list[dict[str, Any]]:
    """One entry for each family of books whose name contains `only`: what the command took at each size."""
    families = {"time, ledger and bank": _generated}
    if SAMPLE.is_dir():
        families = {"time, transfers": _shared} | families
    entries = []
    for name, books in families.items():
        if only not in name:
            continue
        sizes = []
        for book in books():
            run = match_book(book)
            records = (len(book.left) + len(book.right)) // 2
            print(f"[bench-accuracy] {name}, {records} a side: {run.seconds:.1f} s", file=sys.stderr)
            sizes.append(
                {
                    "records": records,
                    "seconds": round(run.seconds, 1),
                    "processor_seconds": round(run.processor_seconds, 1),
                    "peak_mib": run.peak_mib,
                }
            )
        entries.append({"book": name, "sizes": sizes})
    return entries


def growth_table(entries: Sequence[dict[str, Any]]) -> Table:
    """Every size in a line, with its processor time beside what n log n would make of the smallest size's."""
    table = Table(title="Time of reconduit match by records a side")
    for name in ("book", "records a side", "seconds", "processor seconds", "times the smallest", "n log n", "peak MiB"):
        table.add_column(name, justify="left" if name == "book" else "right")
    for entry in entries:
        least = entry["sizes"][0]
        for size in entry["sizes"]:
            expected = size["records"] * math.log(size["records"]) / (least["records"] * math.log(least["records"]))
            table.add_row(
                entry["book"],
                f"{size['records']:,}",
                f"{size['seconds']:.1f}",
                f"{size['processor_seconds']:.1f}",
                f"{size['processor_seconds'] / least['processor_seconds']:.1f}",
                f"{expected:.1f}",
                str(size["peak_mib"]),
            )
    return table


def _shared() -> Iterator[LabelledBook]:
    whole = read_pairs()
    return (first_pairs(whole, size) for size in _SIZES)


def _generated() -> Iterator[LabelledBook]:
    """An event makes a little more than one record a side."""
    return (statement_book("hard", _SEED, size * 7 // 8) for size in _SIZES)
