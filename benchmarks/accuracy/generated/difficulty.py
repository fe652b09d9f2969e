"""How hard a generated book is."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["DIFFICULTIES", "Difficulty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """How a book is made; shares in percent.

    Attributes:
        alone: payments that are on one side only.
        referenced: payments whose texts carry a reference on both sides.
        typos: bank texts with one wrong, missing, extra or swapped character.
        cut: bank texts that are cut short.
        width: characters that are left of a text that is cut.
        charged: payments whose bank amount is less by a fixed fee or a rate.
        longest_lag: business days that the bank may book later.
        most_members: records of the largest batch.
        held_back: batches of a day without one record of that day.
        late_copies: duplicates that are booked a day or more after the original, not beside it.
    """

    alone: int
    referenced: int
    typos: int
    cut: int
    width: int
    charged: int
    longest_lag: int
    most_members: int
    held_back: int
    late_copies: int


DIFFICULTIES: Mapping[str, Difficulty] = {
    "easy": Difficulty(
        alone=10, referenced=90, typos=5, cut=20, width=40, charged=10, longest_lag=2, most_members=8, held_back=0, late_copies=0
    ),
    "medium": Difficulty(
        alone=20, referenced=60, typos=10, cut=40, width=32, charged=25, longest_lag=5, most_members=15, held_back=5, late_copies=25
    ),
    "hard": Difficulty(
        alone=30,
        referenced=35,
        typos=20,
        cut=60,
        width=24,
        charged=40,
        longest_lag=9,
        most_members=30,
        held_back=15,
        late_copies=50,
    ),
}
