"""The labelled bank transfers of the shared samples, as shipped and with records removed at random.

The sample is half of a public set of transfers seen from both sides; where it came from is in its own folder's notes. Removal is
the honest case: a real book has records without a partner.
"""

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy.books import FIELDS, LabelledBook, Row
from benchmarks.accuracy.truth import Truth, pairs_as_groups

__all__ = ["SAMPLE", "read_pairs", "with_removed"]

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "matching" / "splink_bank_pairs"
"""Beside the checkout; not part of it."""


def read_pairs(folder: Path = SAMPLE) -> LabelledBook:
    """The book as shipped: every record has a partner.

    Raises:
        FileNotFoundError: the samples are not there.
    """
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as stream:
        groups = pairs_as_groups(((row["left_id"], row["right_id"]) for row in csv.DictReader(stream)), "pair")
    return LabelledBook("shared pairs, as shipped", _rows(folder / "left.csv"), _rows(folder / "right.csv"), Truth(groups))


def with_removed(book: LabelledBook, percent: int, seed: int) -> LabelledBook:
    """The book with about `percent` of each side's records removed, each side independently of the other."""
    random_source = random.Random(seed)
    left = [row for row in book.left if random_source.randrange(100) >= percent]
    right = [row for row in book.right if random_source.randrange(100) >= percent]
    kept = {row[0] for row in (*left, *right)}
    groups = tuple(group for group in book.truth.groups if group.left | group.right <= kept)
    return LabelledBook(f"shared pairs, {percent} % removed, seed {seed}", left, right, Truth(groups))


def _rows(path: Path) -> Sequence[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [tuple(row[field] for field in FIELDS) for row in csv.DictReader(stream)]
    return [(identity, date, amount, memo) for identity, date, amount, memo in rows]
