"""The labelled bank transfers of the shared samples, as shipped and with records removed at random.

The sample is half of a public set of transfers seen from both sides; where it came from is in its own folder's notes. Removal is
the honest case: a real book has records without a partner.
"""

import csv
import datetime as dt
import random
import string
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy.books import FIELDS, LabelledBook, Row
from benchmarks.accuracy.truth import Truth, pairs_as_groups

__all__ = ["SAMPLE", "first_pairs", "read_pairs", "with_removed"]

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


def first_pairs(book: LabelledBook, count: int) -> LabelledBook:
    """The first `count` pairs by day, as dense as the whole book. Beyond its end it begins again, later and in other words."""
    left, right = ({row[0]: row for row in side} for side in (book.left, book.right))
    pairs = sorted((left[next(iter(group.left))], right[next(iter(group.right))]) for group in book.truth.groups)
    pairs.sort(key=lambda pair: pair[0][1])
    days = [dt.date.fromisoformat(pair[0][1]) for pair in (pairs[0], pairs[-1])]
    length = (days[1] - days[0]).days + 1
    taken = [
        (_moved(ours, turn, length), _moved(theirs, turn, length))
        for turn in range(-(-count // len(pairs)))
        for ours, theirs in pairs
    ][:count]
    groups = pairs_as_groups(((ours[0], theirs[0]) for ours, theirs in taken), "pair")
    sides = [sorted(row) for row in zip(*taken, strict=True)]
    return LabelledBook(f"shared pairs, first {count}", sides[0], sides[1], Truth(groups))


def _moved(row: Row, turn: int, days: int) -> Row:
    """The row `turn` times `days` days later, with every letter exchanged for the one `turn` places on."""
    identity, date, amount, memo = row
    letters = string.ascii_uppercase
    moved = letters[turn:] + letters[:turn]
    turned = str.maketrans(letters + letters.lower(), moved + moved.lower())
    later = dt.date.fromisoformat(date) + dt.timedelta(days=turn * days)
    return (f"{identity}-{turn}" if turn else identity), later.isoformat(), amount, memo.translate(turned)


def _rows(path: Path) -> Sequence[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [tuple(row[field] for field in FIELDS) for row in csv.DictReader(stream)]
    return [(identity, date, amount, memo) for identity, date, amount, memo in rows]
