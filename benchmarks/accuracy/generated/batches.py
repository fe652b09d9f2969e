"""Many ledger records against one bank line, and many against several."""

import datetime as dt

from benchmarks.accuracy.generated.difficulty import Difficulty
from benchmarks.accuracy.generated.draft import Draft, Record
from benchmarks.accuracy.generated.population import Population
from benchmarks.accuracy.generated.wording import Wording

__all__ = ["Batches"]

_INVOICE_DAYS = 14
_FIXED_FEE = 25


class Batches:
    """Batches of one book. What ties their members is a shared reference, an acquirer's name and a day, or a payer."""

    def __init__(self, draft: Draft, population: Population, wording: Wording, hard: Difficulty) -> None:
        self._draft = draft
        self._population = population
        self._wording = wording
        self._hard = hard
        self._settled: set[tuple[str, dt.date]] = set()

    def referenced(self) -> None:
        """A payment run that both sides name, gross."""
        members, reference, day = self._run()
        self._deposit(members, reference, day, 0, "batch, reference")

    def referenced_with_fees(self) -> None:
        """A collection that both sides name, paid out less a rate, or less a fixed fee for each payment."""
        members, reference, day = self._run(incoming=True)
        total = sum(member.amount for member in members)
        fee = total * self._population.draw.randrange(5, 30) // 1_000 if self._population.chance(50) else _FIXED_FEE * len(members)
        self._deposit(members, reference, day, fee, "batch, reference, fee")

    def of_a_day(self) -> None:
        """All of a day's sales through one acquirer, gross, without a reference; in some books one sale of the day is left out."""
        acquirer, day, members = self._sales()
        if self._population.chance(self._hard.held_back):
            record = self._draft.left(day, self._population.amount(), self._sale_text(acquirer))
            self._draft.stay_alone(record, "held back from a batch")
        self._settle(acquirer, day, members, 0, "batch, day")

    def of_a_day_with_fees(self) -> None:
        """All of a day's sales through one acquirer, less the acquirer's rate, which stays the same through the book."""
        acquirer, day, members = self._sales()
        fee = sum(member.amount for member in members) * self._population.rates[acquirer] // 1_000
        self._settle(acquirer, day, members, fee, "batch, day, fee")

    def of_a_payer(self) -> None:
        """Several invoices of one payer paid at once; the bank's text names all of them, the first, or none."""
        population, payer = self._population, self._population.payer()
        last = population.day()
        days = [last - dt.timedelta(days=population.draw.randrange(_INVOICE_DAYS)) for _ in range(population.draw.randrange(2, 5))]
        references = [self._wording.reference() for _ in days]
        members = [
            self._draft.left(day, population.amount(), self._wording.ledger(payer.name, reference))
            for day, reference in zip(sorted(days), references, strict=True)
        ]
        named = " ".join(references) if population.chance(self._hard.referenced) else references[0]
        text, _ = self._wording.damaged(self._wording.bank(payer.name, named))
        paid = self._draft.right(population.later(last, 3), sum(member.amount for member in members), text)
        self._draft.belong((*members, paid), "batch, payer")

    def many_to_many(self) -> None:
        """A run that the bank pays in two parts, both of which carry its reference."""
        members, reference, day = self._run()
        total = sum(member.amount for member in members)
        first = total * self._population.draw.randrange(200, 800) // 1_000
        booked = self._population.later(day, 2)
        parts = [self._draft.right(booked, part, self._wording.bank("Payment run", reference)) for part in (first, total - first)]
        self._draft.belong((*members, *parts), "many to many")

    def _run(self, *, incoming: bool = False) -> tuple[list[Record], str, dt.date]:
        population = self._population
        reference, day = self._wording.batch_reference(), population.day()
        sign = 1 if incoming else population.sign()
        return (
            [
                self._draft.left(day, sign * population.amount(), f"{population.payer().name} {reference}")
                for _ in range(self._size())
            ],
            reference,
            day,
        )

    def _deposit(self, members: list[Record], reference: str, day: dt.date, fee: int, kind: str) -> None:
        text, _ = self._wording.damaged(self._wording.bank("Collection" if fee else "Payment run", reference))
        total = sum(member.amount for member in members)
        paid = self._draft.right(self._population.later(day, self._hard.longest_lag), total - fee, text)
        self._draft.belong((*members, paid), kind)

    def _sales(self) -> tuple[str, dt.date, list[Record]]:
        population = self._population
        acquirer, day = population.draw.choice(population.acquirers), population.day()
        while (acquirer, day) in self._settled:
            acquirer, day = population.draw.choice(population.acquirers), day + dt.timedelta(days=1)
        self._settled.add((acquirer, day))
        return (
            acquirer,
            day,
            [self._draft.left(day, population.amount(), self._sale_text(acquirer)) for _ in range(self._size())],
        )

    def _settle(self, acquirer: str, day: dt.date, members: list[Record], fee: int, kind: str) -> None:
        total = sum(member.amount for member in members)
        text = f"{acquirer} MERCH SETTL {self._wording.code()}"
        self._draft.belong((*members, self._draft.right(self._population.later(day, 2), total - fee, text)), kind)

    def _sale_text(self, acquirer: str) -> str:
        return f"{acquirer.capitalize()} sale {self._population.draw.randrange(10**5):05d}"

    def _size(self) -> int:
        draw, most = self._population.draw, self._hard.most_members
        return min(draw.randrange(2, most + 1), draw.randrange(2, most + 1))
