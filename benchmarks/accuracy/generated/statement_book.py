"""A ledger and a bank statement with everything in them that makes reconciling hard."""

import random
from collections.abc import Callable

from benchmarks.accuracy.books import LabelledBook
from benchmarks.accuracy.generated.batches import Batches
from benchmarks.accuracy.generated.difficulty import DIFFICULTIES
from benchmarks.accuracy.generated.draft import Draft
from benchmarks.accuracy.generated.noise import Noise
from benchmarks.accuracy.generated.population import Population
from benchmarks.accuracy.generated.reversals import Reversals
from benchmarks.accuracy.generated.singles import Singles
from benchmarks.accuracy.generated.splits import Splits
from benchmarks.accuracy.generated.wording import Wording

__all__ = ["statement_book"]

_ALL = 1_000


def statement_book(name: str, seed: int, events: int = 5_000) -> LabelledBook:
    """The book of a difficulty (a key of `DIFFICULTIES`), a seed and a number of events; the same three make the same book.

    Most events are payments of one line a side. The events of a day are the same in number whatever the size, so a larger book is
    longer and not denser.
    """
    draw = random.Random(f"{name} {seed} {events}")
    hard, draft, population = DIFFICULTIES[name], Draft(), Population(draw, events)
    wording = Wording(population, hard)
    singles, batches = Singles(draft, population, wording, hard), Batches(draft, population, wording, hard)
    splits, reversals = Splits(draft, population, wording, hard), Reversals(draft, population, wording, hard)
    noise = Noise(draft, population, wording)
    among_thousand: dict[Callable[[], None], int] = {
        singles.twins: 10,
        singles.duplicate: 10,
        singles.beyond_tolerance: 10,
        batches.referenced: 8,
        batches.referenced_with_fees: 8,
        batches.of_a_day: 8,
        batches.of_a_day_with_fees: 8,
        batches.of_a_payer: 20,
        batches.many_to_many: 4,
        splits.referenced: 10,
        splits.of_a_payer: 10,
        splits.unfinished: 5,
        reversals.by_the_bank: 8,
        reversals.in_the_ledger: 8,
        reversals.on_both_sides: 5,
        noise.equal_amounts: 10,
        noise.equal_sums: 10,
    }
    others = _ALL - sum(among_thousand.values())
    alone = others * hard.alone // 100
    among_thousand |= {singles.alone: alone, singles.payment: others - alone}
    for event in draw.choices(list(among_thousand), weights=list(among_thousand.values()), k=events):
        event()
    return draft.finish(f"generated, {name}, seed {seed}", draw)
