"""Payments that were taken back: by the bank, in the ledger, or on both sides."""

import datetime as dt

from benchmarks.accuracy.generated.difficulty import Difficulty
from benchmarks.accuracy.generated.draft import Draft
from benchmarks.accuracy.generated.population import Population
from benchmarks.accuracy.generated.wording import Wording

__all__ = ["Reversals"]

_WORDS = ("REVERSAL", "RETURN", "STORNO")


class Reversals:
    """A payment and what takes it back net to nothing."""

    def __init__(self, draft: Draft, population: Population, wording: Wording, hard: Difficulty) -> None:
        self._draft = draft
        self._population = population
        self._wording = wording
        self._hard = hard

    def by_the_bank(self) -> None:
        """The bank books a payment and reverses it; the ledger knows neither."""
        population = self._population
        day, amount = population.day(), population.sign() * population.amount()
        text, _ = self._wording.damaged(self._wording.bank(population.payer().name, self._wording.reference()))
        payment = self._draft.right(population.later(day, 0), amount, text)
        reversal = self._draft.right(population.later(day, 3), -amount, f"{population.draw.choice(_WORDS)} {text}")
        self._draft.belong((payment, reversal), "reversal, bank")

    def in_the_ledger(self) -> None:
        """The ledger posts a payment and voids it; the bank never sees it."""
        population = self._population
        day, amount = population.day(), population.sign() * population.amount()
        text = self._wording.ledger(population.payer().name, self._wording.reference())
        payment = self._draft.left(day, amount, text)
        void = self._draft.left(day + dt.timedelta(days=population.draw.randrange(3)), -amount, f"Void: {text}")
        self._draft.belong((payment, void), "void, ledger")

    def on_both_sides(self) -> None:
        """Both sides tell the payment and its reversal: like belongs to like."""
        population, payer = self._population, self._population.payer()
        day, amount, reference = population.day(), population.sign() * population.amount(), self._wording.certain_reference()
        ledger_text, bank_text = self._wording.ledger(payer.name, reference), self._wording.bank(payer.name, reference)
        booked = population.later(day, 1)
        payment = (self._draft.left(day, amount, ledger_text), self._draft.right(booked, amount, bank_text))
        back = booked + dt.timedelta(days=population.draw.randrange(1, 4))
        reversal = (
            self._draft.left(back, -amount, f"Reversal {ledger_text}"),
            self._draft.right(population.later(back, 1), -amount, f"REVERSAL {bank_text}"),
        )
        self._draft.belong(payment, "reversal, both sides")
        self._draft.belong(reversal, "reversal, both sides")
