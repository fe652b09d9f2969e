"""What a reconciliation is: its sides, key, tolerances, fee profile, calendar, stages and version. Amounts are minor units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.calendar import BusinessCalendar
from reconciler.fees import FeeProfile, FeeTerms
from reconciler.filters import Filter
from reconciler.fx import ForeignExchange
from reconciler.tolerance import ANY_CURRENCY, Allowance, Base, Tolerance
from reconciler.types import Stage

__all__ = [
    "ANY_CURRENCY",
    "Allowance",
    "Base",
    "CsvColumns",
    "FeeProfile",
    "FeeTerms",
    "Filter",
    "ForeignExchange",
    "Groups",
    "KeyField",
    "Learning",
    "Pass",
    "Reconciliation",
    "Shape",
    "Side",
    "Tolerance",
]


class Shape(StrEnum):
    """How the items of a reconciliation come together."""

    KEYED = "keyed"
    SETTLEMENT = "settlement"
    STATEMENT = "statement"


class KeyField(StrEnum):
    """The canonical field that ties the sides."""

    REFERENCE_NUMBER = "reference_number"
    SETTLEMENT_ID = "settlement_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side: where its records come from."""

    name: str
    sources: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)


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
    least_items: int = 20
    suggest_ppm: int = 900_000
    false_per_100k: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """How several items against one, or several, are looked for in a statement book.

    Attributes:
        enabled: False leaves a book one to one.
        most_members: items of one group, both sides together.
        search_steps: partial sums that the search for one group may form. Counted, so that no outcome depends on the machine.
        days_before: days that the last side may be booked before the first; None for the widest tolerance of the passes.
        days_after: days that the last side may be booked after the first; None for the widest tolerance of the passes.
        fee_ppm: what may be deducted from a group that a reference or a day ties, in parts per million of its sum, and still be
            suggested without a fee profile.
    """

    enabled: bool = True
    most_members: int = 60
    search_steps: int = 8_192
    days_before: int | None = None
    days_after: int | None = None
    fee_ppm: int = 50_000


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
    channel: str | None = None
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
        fx: how amounts of several currencies compare; None when each currency is reconciled by itself.
        csv: columns by side name, for files.
        digest: sha256 (hex) of what the file says and of the rates it names; stamped on every decision.
        text: the file that it was read from.
        attachments: the texts of the files that it names, by name. With them, `text` can be read again.
        origin: where the text was read from, for messages; it makes no other rules.
    """

    name: str
    version: int
    shape: Shape
    sides: tuple[Side, ...]
    key: KeyField = KeyField.REFERENCE_NUMBER
    tolerance: Tolerance = field(default_factory=Tolerance)
    fees: FeeProfile = field(default_factory=FeeProfile)
    learning: Learning = field(default_factory=Learning)
    groups: Groups = field(default_factory=Groups)
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    passes: tuple[Pass, ...] = ()
    csv: Mapping[str, CsvColumns] = field(default_factory=dict)
    fx: ForeignExchange | None = None
    digest: str = ""
    text: str = ""
    attachments: Mapping[str, str] = field(default_factory=dict)
    origin: str = field(default="", compare=False)

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
