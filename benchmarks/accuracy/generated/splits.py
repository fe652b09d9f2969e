"""One ledger record against several bank lines."""

from benchmarks.accuracy.generated.difficulty import Difficulty
from benchmarks.accuracy.generated.draft import Draft, Record
from benchmarks.accuracy.generated.population import Population
from benchmarks.accuracy.generated.wording import Wording

__all__ = ["Splits"]

_LEAST = 1_000
"""An amount (minor units) that is worth paying in parts."""


class Splits:
    """Payments that arrive in parts."""

    def __init__(self, draft: Draft, population: Population, wording: Wording, hard: Difficulty) -> None:
        self._draft = draft
        self._population = population
        self._wording = wording
        self._hard = hard

    def referenced(self) -> None:
        """Each part carries the reference."""
        left, parts = self._paid_in_parts(self._wording.certain_reference(), self._population.draw.randrange(2, 5))
        self._draft.belong((left, *parts), "split, reference")

    def of_a_payer(self) -> None:
        """Nothing but the payer's name ties the parts."""
        left, parts = self._paid_in_parts("", self._population.draw.randrange(2, 4))
        self._draft.belong((left, *parts), "split, payer")

    def unfinished(self) -> None:
        """The last of three parts has not been paid; all parts carry the reference."""
        left, parts = self._paid_in_parts(self._wording.certain_reference(), 3, paid=2)
        self._draft.stay_open((left, *parts), "split, part missing", ("SPLIT", "AMOUNT"))

    def _paid_in_parts(self, reference: str, count: int, paid: int | None = None) -> tuple[Record, list[Record]]:
        population, payer = self._population, self._population.payer()
        day, amount, sign = population.day(), _LEAST + population.amount(), population.sign()
        bounds = sorted(population.draw.sample(range(1, 10), count - 1))
        shares = [amount * bound // 10 for bound in (0, *bounds)]
        pieces = [end - begin for begin, end in zip(shares, [*shares[1:], amount], strict=True)][:paid]
        left = self._draft.left(day, sign * amount, self._wording.ledger(payer.name, reference))
        booked = day
        parts = []
        for piece in pieces:
            booked = population.later(booked, 2)
            text = self._wording.bank(payer.name, reference)
            if paid is None:
                text, _ = self._wording.damaged(text)
            parts.append(self._draft.right(booked, sign * piece, text))
        return left, parts
