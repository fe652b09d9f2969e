"""One key on three sides, core, gateway and bank: what agrees, what differs within and beyond the tolerance, what is missing."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.accuracy.generated.difficulty import DIFFICULTIES
from benchmarks.accuracy.generated.population import Population
from benchmarks.accuracy.truth import ExpectedBreak, TrueGroup, Truth
from reconciler.types import Item

__all__ = ["ThreeWayBook", "three_way_book"]

_SIDES = ("core", "gateway", "bank")
_RULES = """name: three-way
version: 1
shape: keyed
sides: [{name: core}, {name: gateway}, {name: bank}]
tolerance: {amount: {absolute_minor: {INR: 100}, ppm: 500}}
"""
_SMALLEST_TOLERANCE = 100
_RIGHT = 1_000_000
"""No two keys are less than this apart, so that a misspelt key never is another's."""


@dataclass(frozen=True, slots=True)
class ThreeWayBook:
    """Items of three sides with their truth, whose right ids are those of gateway and bank; `rules` is a reconciliation file."""

    name: str
    items: Sequence[Item]
    truth: Truth
    rules: str


class _Maker:
    """Makes one book, key by key."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._draw = population.draw
        self.items: list[Item] = []
        self.groups: list[TrueGroup] = []
        self.breaks: list[ExpectedBreak] = []

    def agree(self) -> None:
        """The same on every side."""
        self._match(self._told(), "agrees")

    def differ_within(self) -> None:
        """The bank's amount is off by no more than the tolerance."""
        core, gateway, bank = self._told()
        off = self._draw.randrange(1, _SMALLEST_TOLERANCE)
        self._match([core, gateway, replace(bank, amount_minor=core.amount_minor + off)], "within tolerance")

    def reverse_everywhere(self) -> None:
        """A payment and its reversal on every side."""
        paid = self._told()
        self._match([*paid, *self._taken_back(paid)], "reversed everywhere")

    def repeat_everywhere(self) -> None:
        """Twins: the same key, amount and day twice on every side."""
        paid = self._told()
        self._match([*paid, *(replace(item, id=f"{item.id}b") for item in paid)], "twins")

    def retry(self) -> None:
        """The gateway failed once before it succeeded; the failure is no money."""
        core, gateway, bank = self._told()
        self.items.append(replace(gateway, id=f"{gateway.id}f", status="FAILED"))
        self._match([core, gateway, bank], "failed once")

    def differ_beyond(self) -> None:
        """The bank's amount is off by more than the tolerance."""
        core, gateway, bank = self._told()
        off = 2 * _SMALLEST_TOLERANCE + core.amount_minor // 20
        self._open([core, gateway, replace(bank, amount_minor=core.amount_minor + off)], "beyond tolerance", "AMOUNT")

    def differ_in_currency(self) -> None:
        """The gateway tells another currency."""
        core, gateway, bank = self._told()
        self._open([core, replace(gateway, currency="EUR"), bank], "currency", "CURRENCY")

    def differ_in_status(self) -> None:
        """The gateway says that it failed, the others that it succeeded."""
        core, gateway, bank = self._told()
        self._open([core, replace(gateway, status="FAILED"), bank], "status", "STATUS")

    def miss_a_side(self) -> None:
        """One side does not have it."""
        told = self._told()
        lacking = self._draw.randrange(len(_SIDES))
        self._open([item for index, item in enumerate(told) if index != lacking], "missing", _missing(lacking))

    def misspell(self) -> None:
        """One side has the key wrong: it is alone under its key, and lacks under the other."""
        told = self._told()
        wrong = self._draw.randrange(len(_SIDES))
        self._open([item for index, item in enumerate(told) if index != wrong], "misspelt key", _missing(wrong))
        alone = replace(told[wrong], key=f"{told[wrong].key}9")
        self._open([alone], "misspelt key", _missing(1 if wrong == 0 else 0))

    def lose_the_key(self) -> None:
        """The bank's record has no key."""
        core, gateway, bank = self._told()
        self._open([core, gateway], "no key", "MISSING_RIGHT")
        self._open([replace(bank, key=None)], "no key", "REFERENCE")

    def duplicate(self) -> None:
        """The gateway has it twice."""
        core, gateway, bank = self._told()
        self._match([core, gateway, bank], "duplicated")
        later = gateway.booked_at + dt.timedelta(days=1)
        self._open([replace(gateway, id=f"{gateway.id}d", booked_at=later)], "duplicate", "DUPLICATE")

    def split(self) -> None:
        """The bank has it in two parts."""
        core, gateway, bank = self._told()
        part = core.amount_minor * self._draw.randrange(2, 8) // 10
        parts = [
            replace(bank, amount_minor=part),
            replace(bank, id=f"{bank.id}s", amount_minor=core.amount_minor - part),
        ]
        self._open([core, gateway, *parts], "split", "SPLIT")

    def reverse_on_one_side(self) -> None:
        """Only the gateway has taken it back."""
        paid = self._told()
        self._open([*paid, self._taken_back(paid)[1]], "reversed on one side", "MISSING_LEFT")

    def _told(self) -> list[Item]:
        """A payment as each side tells it; nothing is added to the book yet."""
        number = len(self.items)
        day = self._population.day()
        amount = self._population.amount()
        key = f"TXN{number * _RIGHT + self._draw.randrange(_RIGHT):015d}"
        days = (day, day, self._population.later(day, 2))
        return [
            Item(
                id=f"{side[0].upper()}{number:07d}", side=side, account="", amount_minor=amount, currency="INR", direction=1,
                booked_at=dt.datetime.combine(told_on, dt.time(), tzinfo=dt.UTC), key=key,
            )
            for side, told_on in zip(_SIDES, days, strict=True)
        ]  # fmt: skip

    @staticmethod
    def _taken_back(paid: Sequence[Item]) -> list[Item]:
        return [
            replace(item, id=f"{item.id}r", direction=-1, is_reversal=True, booked_at=item.booked_at + dt.timedelta(days=1))
            for item in paid
        ]

    def _match(self, items: Sequence[Item], kind: str) -> None:
        self.items += items
        self.groups.append(TrueGroup(*_ids(items), kind))

    def _open(self, items: Sequence[Item], kind: str, expected: str) -> None:
        self.items += items
        self.breaks.append(ExpectedBreak(*_ids(items), kind, frozenset({expected})))


def _ids(items: Sequence[Item]) -> tuple[frozenset[str], frozenset[str]]:
    left = frozenset(item.id for item in items if item.side == _SIDES[0])
    return left, frozenset(item.id for item in items if item.side != _SIDES[0])


def _missing(side: int) -> str:
    return "MISSING_LEFT" if side == 0 else "MISSING_RIGHT"


def three_way_book(name: str, seed: int, events: int = 5_000) -> ThreeWayBook:
    """The book of a difficulty (a key of `DIFFICULTIES`), a seed and a number of keys; the same three make the same book."""
    draw = random.Random(f"three-way {name} {seed} {events}")
    maker = _Maker(Population(draw, events))
    hard = DIFFICULTIES[name]
    troubles: Sequence[Callable[[], None]] = (
        maker.differ_within, maker.reverse_everywhere, maker.repeat_everywhere, maker.retry, maker.differ_beyond,
        maker.differ_in_currency, maker.differ_in_status, maker.miss_a_side, maker.misspell, maker.lose_the_key,
        maker.duplicate, maker.split, maker.reverse_on_one_side,
    )  # fmt: skip
    for _ in range(events):
        trouble = draw.randrange(100) < hard.alone + hard.typos
        (draw.choice(troubles) if trouble else maker.agree)()
    draw.shuffle(maker.items)
    truth = Truth(tuple(maker.groups), tuple(maker.breaks), sides=len(_SIDES))
    return ThreeWayBook(f"three-way, {name}, seed {seed}", maker.items, truth, _RULES)
