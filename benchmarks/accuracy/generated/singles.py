"""One record against one: fees and rates, differences beyond any tolerance, twins, duplicates, and records without a partner."""

from benchmarks.accuracy.generated.difficulty import Difficulty
from benchmarks.accuracy.generated.draft import Draft
from benchmarks.accuracy.generated.population import Population
from benchmarks.accuracy.generated.wording import Wording

__all__ = ["Singles"]


class Singles:
    """Payments that both sides tell in one line each."""

    def __init__(self, draft: Draft, population: Population, wording: Wording, hard: Difficulty) -> None:
        self._draft = draft
        self._population = population
        self._wording = wording
        self._hard = hard

    def payment(self) -> None:
        """A payment on both sides, with or without a charge."""
        self._pay(copies=1)

    def twins(self) -> None:
        """Two payments of the same day, amount and text, both right."""
        self._pay(copies=2)

    def _pay(self, copies: int) -> None:
        population, payer = self._population, self._population.payer()
        day, amount, sign = population.day(), population.paid_by(payer), population.sign()
        reference = self._wording.reference()
        ledger_text = self._wording.ledger(payer.name, reference)
        bank_text, kind = self._wording.damaged(self._wording.bank(payer.name, reference))
        kept = 0
        if population.chance(self._hard.charged):
            kept, kind = population.charge(amount)
        bank_day = population.later(day, self._hard.longest_lag)
        for _ in range(copies):
            left = self._draft.left(day, sign * amount, ledger_text)
            right = self._draft.right(bank_day, sign * (amount - kept), bank_text)
            self._draft.belong((left, right), "twin" if copies > 1 else kind)

    def duplicate(self) -> None:
        """A payment that one side has twice, on the same day or, in some books, again later. The first one is the payment."""
        population, payer = self._population, self._population.payer()
        reference = self._wording.reference()
        day, amount, sign = population.day(), population.paid_by(payer), population.sign()
        left = self._draft.left(day, sign * amount, self._wording.ledger(payer.name, reference))
        bank_text, _ = self._wording.damaged(self._wording.bank(payer.name, reference))
        right = self._draft.right(population.later(day, self._hard.longest_lag), sign * amount, bank_text)
        days = population.draw.randrange(1, 4) if population.chance(self._hard.late_copies) else 0
        copy = self._draft.copy(left if population.chance(50) else right, days)
        self._draft.belong((left, right), "duplicated")
        self._draft.stay_open((copy,), "duplicate", ("DUPLICATE",))

    def beyond_tolerance(self) -> None:
        """The same reference, but a fifth to a half of the money is not there."""
        population, payer = self._population, self._population.payer()
        reference = self._wording.certain_reference()
        day, amount = population.day(), population.paid_by(payer)
        paid = amount - amount * population.draw.randrange(200, 500) // 1_000
        left = self._draft.left(day, amount, self._wording.ledger(payer.name, reference))
        right = self._draft.right(population.later(day, 3), paid, self._wording.bank(payer.name, reference))
        self._draft.stay_open((left, right), "beyond tolerance", ("AMOUNT", "SPLIT", "FEE_VARIANCE"))

    def alone(self) -> None:
        """A record that the other side does not have."""
        population, payer = self._population, self._population.payer()
        day, amount = population.day(), population.sign() * population.paid_by(payer)
        reference = self._wording.reference()
        if population.chance(50):
            record = self._draft.left(day, amount, self._wording.ledger(payer.name, reference))
        else:
            text, _ = self._wording.damaged(self._wording.bank(payer.name, reference))
            record = self._draft.right(population.later(day, self._hard.longest_lag), amount, text)
        self._draft.stay_alone(record, "alone")
