"""What a reconciliation is: its sides, key, tolerances, fee profile, calendar, stages and version. Amounts are minor units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from reconciler.calendar import BusinessCalendar
from reconciler.types import Stage

__all__ = [
    "ANY_CURRENCY",
    "Base",
    "CsvColumns",
    "FeeProfile",
    "Filter",
    "KeyField",
    "Learning",
    "Pass",
    "Reconciliation",
    "Shape",
    "Side",
    "Tolerance",
]

ANY_CURRENCY = "*"
"""Key of an absolute amount that holds for every currency without an amount of its own."""

_MILLION = 1_000_000


class Shape(StrEnum):
    """How the items of a reconciliation come together."""

    KEYED = "keyed"
    SETTLEMENT = "settlement"
    STATEMENT = "statement"


class KeyField(StrEnum):
    """The canonical field that ties the sides."""

    REFERENCE_NUMBER = "reference_number"
    SETTLEMENT_ID = "settlement_id"


class Base(StrEnum):
    """Which amount a tolerance in parts per million is taken of."""

    LARGER = "larger"
    SMALLER = "smaller"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which records of a source belong to a side. An empty tuple allows everything.

    Attributes:
        account: patterns of account ids (`*` and `?`), any of which must fit.
        not_account: patterns of account ids, none of which may fit.
        transaction_type: allowed types, as in the canonical transaction.
        channel: allowed channels.
        direction: +1 only money in, -1 only money out, None both.
    """

    account: tuple[str, ...] = ()
    not_account: tuple[str, ...] = ()
    transaction_type: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    direction: int | None = None

    def accepts_account(self, account: str) -> bool:
        """Whether records of `account` may be on the side; one answer per account, so callers can cache it."""
        if self.account and not any(fnmatchcase(account, pattern) for pattern in self.account):
            return False
        return not any(fnmatchcase(account, pattern) for pattern in self.not_account)

    def accepts(self, *, account: str, transaction_type: str, channel: str, direction: int) -> bool:
        """Whether a record belongs to the side."""
        return (
            (self.direction is None or direction == self.direction)
            and (not self.transaction_type or transaction_type in self.transaction_type)
            and (not self.channel or channel in self.channel)
            and self.accepts_account(account)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side: where its records come from."""

    name: str
    sources: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far two amounts and two dates may be apart and still be the same money.

    Attributes:
        absolute_minor: by currency, `*` for the others; nothing when there is neither.
        ppm: parts per million of the base amount; the larger of this and `absolute_minor` counts.
        base: the amount that `ppm` is taken of.
        days_before: days that the last side may be booked before the first.
        days_after: days that the last side may be booked after the first.
    """

    absolute_minor: Mapping[str, int] = field(default_factory=dict)
    ppm: int = 0
    base: Base = Base.LARGER
    days_before: int = 0
    days_after: int = 0

    def allowed_minor(self, base_minor: int, currency: str) -> int:
        """Largest allowed difference for a base amount, rounded down to whole minor units."""
        absolute = self.absolute_minor.get(currency, self.absolute_minor.get(ANY_CURRENCY, 0))
        return max(absolute, abs(base_minor) * self.ppm // _MILLION)

    def allowed_between(self, amounts: Sequence[int], currency: str) -> int:
        """Largest allowed difference among amounts in the order of their sides, all unsigned or all signed."""
        magnitudes = [abs(amount) for amount in amounts]
        match self.base:
            case Base.LARGER:
                base = max(magnitudes)
            case Base.SMALLER:
                base = min(magnitudes)
            case Base.FIRST:
                base = magnitudes[0]
            case Base.LAST:
                base = magnitudes[-1]
        return self.allowed_minor(base, currency)

    def within(self, amounts: Sequence[int], currency: str) -> bool:
        """Whether amounts, in the order of their sides, differ by no more than allowed."""
        apart = max(amounts) - min(amounts)
        return apart == 0 or apart <= self.allowed_between(amounts, currency)

    def reach_minor(self, amount_minor: int, currency: str) -> int:
        """Distance from one amount beyond which no counterpart can be `within`, whatever the base: where a search may stop."""
        magnitude = abs(amount_minor)
        if self.ppm >= _MILLION:
            return max(self.allowed_minor(magnitude, currency), (1 << 63) - 1)
        # With the counterpart as the base, c - a <= c * ppm / 1e6, so c <= a / (1 - ppm / 1e6).
        largest = magnitude * _MILLION // (_MILLION - self.ppm) + 1
        return max(self.allowed_minor(largest, currency), largest - magnitude) if self.ppm else self.allowed_minor(0, currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeProfile:
    """How far what a gateway deducted may be from the fees that its items say, and still be a question of fees.

    Attributes:
        absolute_minor: by currency, `*` for the others.
        ppm: parts per million of the gross amount; added to `absolute_minor`.
    """

    absolute_minor: Mapping[str, int] = field(default_factory=dict)
    ppm: int = 0

    def allowed_minor(self, gross_minor: int, currency: str) -> int:
        """Largest difference that fees explain."""
        absolute = self.absolute_minor.get(currency, self.absolute_minor.get(ANY_CURRENCY, 0))
        return absolute + abs(gross_minor) * self.ppm // _MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How the stage `probabilistic` looks for candidates and what it may confirm.

    Attributes:
        amount_ppm: how far a candidate's amount may be from the other, in parts per million of the larger.
        days_before: days that the last side may be booked before the first.
        days_after: days that the last side may be booked after the first.
        least_items: items that each side needs, matched before or not, for weights to be learnt from them.
        suggest_ppm: probability in millionths from which a pair is suggested.
        false_per_100k: accepted false matches among 100,000 that are confirmed without a person.
    """

    amount_ppm: int = 140_000
    days_before: int = 31
    days_after: int = 31
    least_items: int = 200
    suggest_ppm: int = 700_000
    false_per_100k: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvColumns:
    """How a CSV file is read, for `reconduit match`. None leaves it to be recognised from header and content.

    The first group are headers as the file writes them.

    Attributes:
        amount: signed amount; or use `debit` and `credit`, or `amount` and `direction`.
        reference: the column that ties the sides, besides what is found in `description`.
        date_format: as `strptime` has it.
        decimal: decimal separator, `.` or `,`.
        signs: `positive_credit` (a positive amount is money in) or `positive_debit`.
        currency_code: the currency of every row when there is no currency column.
    """

    id: str | None = None
    date: str | None = None
    value_date: str | None = None
    amount: str | None = None
    debit: str | None = None
    credit: str | None = None
    direction: str | None = None
    currency: str | None = None
    reference: str | None = None
    description: str | None = None
    counterparty: str | None = None
    account: str | None = None
    date_format: str | None = None
    decimal: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    signs: str | None = None
    currency_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One run of a stage over the whole book; passes run in order, and what one decides no later one sees.

    Attributes:
        name: how the reasons of its decisions name it; None for a pass that the rules do not name.
        tolerance: in place of the reconciliation's; None for that one.
    """

    stage: Stage
    name: str | None = None
    tolerance: Tolerance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One version of one reconciliation. Immutable: a change of the file is a new version.

    Attributes:
        sides: in order; the first is left, every other is right.
        key: ties the sides of the keyed and settlement shapes.
        passes: in the order in which they run.
        csv: columns by side name, for files.
        digest: sha256 (hex) of the file that it was read from; stamped on every decision.
    """

    name: str
    version: int
    shape: Shape
    sides: tuple[Side, ...]
    key: KeyField = KeyField.REFERENCE_NUMBER
    tolerance: Tolerance = field(default_factory=Tolerance)
    fees: FeeProfile = field(default_factory=FeeProfile)
    learning: Learning = field(default_factory=Learning)
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    passes: tuple[Pass, ...] = ()
    csv: Mapping[str, CsvColumns] = field(default_factory=dict)
    digest: str = ""

    @property
    def side_names(self) -> tuple[str, ...]:
        """Names of the sides, first to last."""
        return tuple(side.name for side in self.sides)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the passes, each once, in the order in which they first run."""
        return tuple(dict.fromkeys(one.stage for one in self.passes))

    def tolerance_of(self, one: Pass) -> Tolerance:
        """What a pass goes by: its own tolerance, else the reconciliation's."""
        return self.tolerance if one.tolerance is None else one.tolerance

    def side_of(self, source: str, *, account: str, transaction_type: str, channel: str, direction: int) -> int | None:
        """Index of the side that a record belongs to, the first that accepts it; None when none does."""
        for index, side in enumerate(self.sides):
            if source in side.sources and side.filter.accepts(
                account=account, transaction_type=transaction_type, channel=channel, direction=direction
            ):
                return index
        return None
