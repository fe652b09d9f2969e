"""The balance proof, shared by all formats: opening + credits - debits = closing, and declared totals = computed totals."""

from collections.abc import Iterator
from dataclasses import replace

from producers.formats.contract import Balance, Entry, EntryStatus, Totals
from schemas.money import format_minor
from schemas.records import Direction, Proof

__all__ = ["RunningProof"]

# In Python 3.11 each look at a member of an enumeration is a call; this runs for each entry.
_BOOKED, _CREDIT = EntryStatus.BOOKED, Direction.CREDIT
_TOTALS = ("entries", "credits", "credit_minor", "debits", "debit_minor", "sum_minor")


class RunningProof:
    """Sums the booked entries of one statement while they stream by.

    Attributes:
        bad_entries: entries that could not be read. They are in no sum, so balances that do not need them still prove.
        foreign: booked entries in another currency than the statement's; with one of them nothing can be proved.
    """

    __slots__ = ("_announced", "bad_entries", "credit_minor", "credits", "debit_minor", "debits", "foreign")

    def __init__(self) -> None:
        self.credits = 0
        self.credit_minor = 0
        self.debits = 0
        self.debit_minor = 0
        self.bad_entries = 0
        self.foreign = 0
        self._announced: RunningProof | None = None

    def add(self, entry: Entry, currency: str) -> None:
        """Count an entry of a statement in `currency`; what is not booked counts apart."""
        if entry.status is not _BOOKED:
            self._announced = self._announced or RunningProof()
            self._announced._count(entry)
        elif entry.currency != currency:
            self.foreign += 1
        elif entry.direction is _CREDIT:
            self.credits += 1
            self.credit_minor += entry.amount_minor
        else:
            self.debits += 1
            self.debit_minor += entry.amount_minor

    def _count(self, entry: Entry) -> None:
        if entry.direction is _CREDIT:
            self.credits += 1
            self.credit_minor += entry.amount_minor
        else:
            self.debits += 1
            self.debit_minor += entry.amount_minor

    def totals(self) -> Totals:
        """Counts and sums so far."""
        return Totals(
            entries=self.credits + self.debits,
            credits=self.credits,
            credit_minor=self.credit_minor,
            debits=self.debits,
            debit_minor=self.debit_minor,
            sum_minor=self.credit_minor + self.debit_minor,
        )

    def balance_after(self, opening: Balance) -> int:
        """Signed minor units that the account must hold after the entries so far."""
        return opening.amount_minor + self.credit_minor - self.debit_minor

    def conclude(
        self, opening: Balance | None, closing: Balance | None, declared: Totals | None, currency: str
    ) -> tuple[Proof, list[tuple[str, str]]]:
        """The outcome, and a (code, message) for each thing that does not hold."""
        problems = [*self._totals_problems(declared), *self._balance_problems(opening, closing, currency)]
        if problems:
            return Proof.FAILED, problems
        if self.foreign:
            return Proof.NOT_PROVABLE, [
                ("foreign_currency", f"{self.foreign} entries are not in the statement's currency {currency}")
            ]
        balanced = opening is not None and closing is not None
        return (Proof.PROVED if balanced or self._sums_declared(declared) else Proof.NOT_PROVABLE), []

    def _balance_problems(self, opening: Balance | None, closing: Balance | None, currency: str) -> Iterator[tuple[str, str]]:
        if opening is None or closing is None or self.foreign:
            return
        expected = self.balance_after(opening)
        if expected != closing.amount_minor:
            message = (
                f"opening {format_minor(opening.amount_minor, currency)} and {self.credits + self.debits} entries make"
                f" {format_minor(expected, currency)} {currency}, but the closing balance says"
                f" {format_minor(closing.amount_minor, currency)} (difference"
                f" {format_minor(closing.amount_minor - expected, currency)}); {self.bad_entries} entries were unreadable"
            )
            yield "balance_mismatch", message

    def _totals_problems(self, declared: Totals | None) -> Iterator[tuple[str, str]]:
        if declared is None or self.foreign:
            return
        # An unreadable entry is still one that came; what it is worth only the sums know.
        computed = replace(self.totals(), entries=self.credits + self.debits + self.bad_entries)
        # Banks differ in whether their totals cover what is announced too; either way they must hold as a whole.
        problems = list(_differences(declared, computed))
        with_announced = _added(computed, self._announced.totals()) if self._announced is not None else computed
        if problems and any(_differences(declared, with_announced)):
            yield from problems

    @staticmethod
    def _sums_declared(declared: Totals | None) -> bool:
        if declared is None:
            return False
        if declared.credit_minor is not None and declared.debit_minor is not None:
            return True
        if declared.entries is None:
            return False
        one_sided = (declared.credits, declared.credit_minor), (declared.debits, declared.debit_minor)
        return declared.sum_minor is not None or any(count == declared.entries and minor is not None for count, minor in one_sided)


def _differences(declared: Totals, computed: Totals) -> Iterator[tuple[str, str]]:
    for name in _TOTALS:
        stated, counted = getattr(declared, name), getattr(computed, name)
        if stated is not None and stated != counted:
            yield "declared_total_mismatch", f"the file declares {name} {stated}, its entries make {counted}"


def _added(one: Totals, other: Totals) -> Totals:
    return Totals(**{name: getattr(one, name) + getattr(other, name) for name in _TOTALS})
