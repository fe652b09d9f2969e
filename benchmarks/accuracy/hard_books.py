"""Labelled books of single payments by seed and difficulty, for measuring size: a ledger and a statement in different words.

Contains typos, texts cut short and put differently, missing references, fixed fees and rates, lags, legal twins (equal day, amount
and text, both right), duplicates on one side, and records without a partner. Books with groups, reversals and coincidences are made
by `benchmarks.accuracy.generated`. Amounts are integers in minor units until they are written.
"""

import datetime as dt
import random
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from benchmarks.accuracy.books import LabelledBook, Row
from benchmarks.accuracy.truth import TrueGroup, Truth

__all__ = ["DIFFICULTIES", "Difficulty", "hard_book"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """How a book is made; shares in percent.

    Attributes:
        alone: records of each side without a partner, of all payments.
        referenced: payments whose texts carry a reference on both sides.
        typos: payments with one wrong, missing, extra or swapped character in the bank's text.
        cut: payments whose bank text is cut short.
        charged: payments whose bank amount is less by a fixed fee or a rate.
        twins: payments that are there twice, on both sides.
        duplicates: payments that one side has twice.
        longest_lag: days that the bank may book later.
    """

    alone: int
    referenced: int
    typos: int
    cut: int
    charged: int
    twins: int
    duplicates: int
    longest_lag: int


DIFFICULTIES: Mapping[str, Difficulty] = {
    "easy": Difficulty(alone=10, referenced=90, typos=5, cut=20, charged=10, twins=1, duplicates=1, longest_lag=3),
    "medium": Difficulty(alone=20, referenced=60, typos=10, cut=40, charged=25, twins=2, duplicates=1, longest_lag=7),
    "hard": Difficulty(alone=30, referenced=35, typos=20, cut=60, charged=40, twins=2, duplicates=1, longest_lag=14),
}

_A_DAY = 55
"""Payments a day: larger books are longer, not denser."""

_FIRST_DAY = dt.date(2026, 1, 1)
_SYLLABLES = tuple("an bel cor da el fin gar ho in jo kal lu mar no or pa ri sa to ve".split())  # noqa: SIM905 - a list is taller
_CHANNELS = ("NEFT CR", "IMPS", "TRANSFER", "SEPA CT", "POS")
_PURPOSES = ("RENT", "INVOICE", "SALARY", "REFUND", "ORDER", "")
_ROUND = (1_000, 2_000, 5_000, 10_000, 10_000, 25_000, 50_000, 100_000)
_FEES = (50, 150, 250, 1_000)


class _Maker:
    """Makes one book."""

    def __init__(self, difficulty: Difficulty, seed: int, payments: int) -> None:
        self._hard = difficulty
        self._random = random.Random(seed)
        self._payers = [self._name() for _ in range(payments // 6)]
        self._days = payments // _A_DAY
        self.left: list[Row] = []
        self.right: list[Row] = []
        self.pairs: dict[tuple[str, str], str] = {}
        self.twins: dict[str, Hashable] = {}

    def payment(self) -> None:
        """One payment, on both sides or on one, once or twice."""
        draw = self._random
        day = _FIRST_DAY + dt.timedelta(days=draw.randrange(self._days))
        amount = draw.choice(_ROUND) if draw.randrange(100) < 25 else max(100, round(draw.lognormvariate(9.5, 1.3)))
        sign = -1 if draw.randrange(100) < 15 else 1
        ledger_text, bank_text, kind = self._texts()
        lag = min(draw.randrange(self._hard.longest_lag + 1), draw.randrange(self._hard.longest_lag + 1))
        paid = amount
        if self._chance(self._hard.charged):
            rate = draw.randrange(2)
            paid = amount - (amount * draw.randrange(5, 30) // 1_000 if rate else min(draw.choice(_FEES), amount // 10))
            kind = "rate" if rate else "fee"
        bank_day = day + dt.timedelta(days=lag)
        if self._chance(self._hard.alone):
            if draw.randrange(2):
                self._add(self.left, day, sign * amount, ledger_text)
            else:
                self._add(self.right, bank_day, sign * paid, bank_text)
            return
        copies = 2 if self._chance(self._hard.twins) else 1
        for _ in range(copies):
            left = self._add(self.left, day, sign * amount, ledger_text)
            right = self._add(self.right, bank_day, sign * paid, bank_text)
            self.pairs[left, right] = "twin" if copies == 2 else kind
        if copies == 1 and self._chance(self._hard.duplicates):
            self.pairs[left, right] = "duplicate"
            if draw.randrange(2):
                self._add(self.left, day, sign * amount, ledger_text)
            else:
                self._add(self.right, bank_day, sign * paid, bank_text)

    def _add(self, side: list[Row], day: dt.date, amount: int, text: str) -> str:
        identity = f"{'L' if side is self.left else 'R'}{len(side):06d}"
        written = f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"
        side.append((identity, day.isoformat(), written, text))
        self.twins[identity] = (side is self.left, day, amount, text)
        return identity

    def _texts(self) -> tuple[str, str, str]:
        """The ledger's text, the bank's, and how they differ."""
        draw = self._random
        name = self._payers[min(draw.randrange(len(self._payers)), draw.randrange(len(self._payers)))]
        reference = f"INV{draw.randrange(10**6):06d}" if self._chance(self._hard.referenced) else ""
        purpose = draw.choice(_PURPOSES)
        ledger = " ".join(filter(None, (name, reference, purpose) if draw.randrange(2) else (purpose, name, reference)))
        bank = " ".join(filter(None, (draw.choice(_CHANNELS), name, reference)))
        kind = "wording"
        if self._chance(self._hard.typos):
            bank, kind = self._misspelt(bank), "typo"
        if self._chance(self._hard.cut):
            bank, kind = bank[:24].rstrip(), "cut" if kind == "wording" else "cut typo"
        return ledger, bank, kind

    def _misspelt(self, text: str) -> str:
        place = self._random.randrange(8, max(9, len(text) - 1))
        match self._random.randrange(4):
            case 0:
                return text[:place] + text[place + 1 :]
            case 1:
                return text[:place] + text[place : place + 1] + text[place:]
            case 2:
                return text[:place] + self._random.choice("0123456789AEIOU") + text[place + 1 :]
            case _:
                return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]

    def _name(self) -> str:
        return " ".join("".join(self._random.choices(_SYLLABLES, k=self._random.randrange(2, 4))).upper() for _ in range(2))

    def _chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent


def hard_book(name: str, seed: int, payments: int = 5_000) -> LabelledBook:
    """The book of a difficulty (a key of `DIFFICULTIES`), a seed and a number of payments; the same three make the same book."""
    maker = _Maker(DIFFICULTIES[name], seed, payments)
    for _ in range(payments):
        maker.payment()
    order = random.Random(seed)
    order.shuffle(maker.left)
    order.shuffle(maker.right)
    groups = tuple(TrueGroup(frozenset({left}), frozenset({right}), kind) for (left, right), kind in maker.pairs.items())
    return LabelledBook(f"pairs only, {name}, seed {seed}", maker.left, maker.right, Truth(groups, (), maker.twins))
