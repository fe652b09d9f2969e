"""Unrelated records whose amounts happen to agree or to add up. All of them stay open."""

import datetime as dt

from benchmarks.accuracy.generated.draft import Draft
from benchmarks.accuracy.generated.population import Population
from benchmarks.accuracy.generated.wording import Wording

__all__ = ["Noise"]


class Noise:
    """Coincidences: names that are nowhere else, so that nothing but the amounts speaks for a match."""

    def __init__(self, draft: Draft, population: Population, wording: Wording) -> None:
        self._draft = draft
        self._population = population
        self._wording = wording

    def equal_amounts(self) -> None:
        """One record on each side, the same amount, other people."""
        self._coincide(1)

    def equal_sums(self) -> None:
        """Two to four records whose sum is the amount of another side's record."""
        self._coincide(self._population.draw.randrange(2, 5))

    def _coincide(self, count: int) -> None:
        population = self._population
        day = population.day()
        total = 0
        for _ in range(count):
            amount = population.amount()
            total += amount
            text = self._wording.ledger(population.name(), self._wording.reference())
            earlier = day - dt.timedelta(days=population.draw.randrange(3))
            self._draft.stay_alone(self._draft.left(earlier, amount, text), "coincidence")
        text = self._wording.bank(population.name(), self._wording.reference())
        self._draft.stay_alone(self._draft.right(population.later(day, 2), total, text), "coincidence")
