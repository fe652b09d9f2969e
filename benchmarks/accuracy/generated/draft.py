"""A book while it is made: records of both sides, and what is true of them."""

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.accuracy.books import LabelledBook, Row
from benchmarks.accuracy.truth import ExpectedBreak, TrueGroup, Truth

__all__ = ["Draft", "Record"]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One line of a side; `amount` is signed, money in is positive. Two equal lines are two records."""

    on_left: bool
    day: dt.date
    amount: int
    text: str


class Draft:
    """Collects records and labels."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._groups: list[tuple[tuple[Record, ...], str]] = []
        self._breaks: list[tuple[tuple[Record, ...], str, frozenset[str]]] = []

    def left(self, day: dt.date, amount: int, text: str) -> Record:
        """Add a line to the ledger."""
        return self._add(Record(True, day, amount, text))

    def right(self, day: dt.date, amount: int, text: str) -> Record:
        """Add a line to the bank statement."""
        return self._add(Record(False, day, amount, text))

    def copy(self, record: Record, days: int) -> Record:
        """Add the same line again, some days later."""
        return self._add(Record(record.on_left, record.day + dt.timedelta(days=days), record.amount, record.text))

    def belong(self, records: Iterable[Record], kind: str) -> None:
        """Say that records tell the same money."""
        self._groups.append((tuple(records), kind))

    def stay_open(self, records: Iterable[Record], kind: str, types: Iterable[str]) -> None:
        """Say that records stay open together, as a break of one of the types."""
        self._breaks.append((tuple(records), kind, frozenset(types)))

    def stay_alone(self, record: Record, kind: str) -> None:
        """Say that a record has no counterpart."""
        self.stay_open((record,), kind, ("MISSING_RIGHT" if record.on_left else "MISSING_LEFT",))

    def finish(self, name: str, draw: random.Random) -> LabelledBook:
        """The book, each side in the order of its days. Ids are numbered in that order, so they say nothing about partners."""
        ids: dict[Record, str] = {}
        sides: list[list[Row]] = []
        for letter, on_left in (("L", True), ("R", False)):
            records = [record for record in self._records if record.on_left is on_left]
            draw.shuffle(records)
            records.sort(key=lambda record: record.day)
            ids |= {record: f"{letter}{number:07d}" for number, record in enumerate(records)}
            sides.append([(ids[record], record.day.isoformat(), _written(record.amount), record.text) for record in records])
        truth = Truth(
            groups=tuple(TrueGroup(*_ids(records, ids), kind) for records, kind in self._groups),
            breaks=tuple(ExpectedBreak(*_ids(records, ids), kind, types) for records, kind, types in self._breaks),
            places={ids[record]: (record.on_left, record.day, record.amount, record.text) for record in self._records},
        )
        return LabelledBook(name, sides[0], sides[1], truth)

    def _add(self, record: Record) -> Record:
        self._records.append(record)
        return record


def _ids(records: Sequence[Record], ids: dict[Record, str]) -> tuple[frozenset[str], frozenset[str]]:
    left = frozenset(ids[record] for record in records if record.on_left)
    return left, frozenset(ids[record] for record in records if not record.on_left)


def _written(amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"
