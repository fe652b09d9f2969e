"""The engine's own types: items in, matches and breaks out. Amounts are minor units; times are aware UTC."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Break", "BreakType", "Decision", "Item", "Match", "Member", "Nearest", "Outcome", "Reason", "Stage"]


class BreakType(StrEnum):
    """Why an item or a group is open. Names are the field's own."""

    MISSING_LEFT = "MISSING_LEFT"
    MISSING_RIGHT = "MISSING_RIGHT"
    AMOUNT = "AMOUNT"
    CURRENCY = "CURRENCY"
    STATUS = "STATUS"
    DUPLICATE = "DUPLICATE"
    TIMING = "TIMING"
    FEE_VARIANCE = "FEE_VARIANCE"
    SPLIT = "SPLIT"
    REFERENCE = "REFERENCE"
    AMBIGUOUS = "AMBIGUOUS"
    BALANCE = "BALANCE"


class Stage(StrEnum):
    """The matching step that made a decision."""

    KEY = "key"
    SETTLEMENT = "settlement"
    REFERENCE = "reference"
    TOLERANCE = "tolerance"
    PROBABILISTIC = "probabilistic"
    MANUAL = "manual"
    GROUP = "group"


class Decision(StrEnum):
    """AUTO is confirmed without a person, SUGGESTED needs one."""

    AUTO = "auto"
    SUGGESTED = "suggested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record as the engine sees it. Of a record's revisions only the highest is given.

    Attributes:
        id: unique within the set that is reconciled.
        side: name of the reconciliation's side that the item is on.
        direction: +1 money in, -1 money out, as the account holder sees it.
        status: SUCCESS, FAILED, PENDING or VOID.
        key: normalised reconciliation key, None when the record has none.
        references: every other normalised reference, best first.
        source: name of the source that delivered the record; empty where there are no sources, as between two files.
        channel: as in the canonical transaction (UPI, CARD, ...); empty when it is not known.
        transaction_type: as in the canonical transaction (PAYMENT, REFUND, ...); empty when it is not known.
    """

    id: str
    side: str
    account: str
    amount_minor: int
    currency: str
    direction: int
    booked_at: dt.datetime
    status: str = "SUCCESS"
    is_reversal: bool = False
    fee_minor: int | None = None
    value_date: dt.date | None = None
    key: str | None = None
    references: tuple[str, ...] = ()
    counterparty: str | None = None
    text: str = ""
    source: str = ""
    channel: str = ""
    transaction_type: str = ""

    @property
    def signed_minor(self) -> int:
        """Movement on the account, gross of the fee: positive is money in."""
        return self.direction * self.amount_minor

    @property
    def net_minor(self) -> int:
        """Movement on the account after the fee: positive is money in."""
        return self.direction * self.amount_minor - (self.fee_minor or 0)


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """An item's place in a decision."""

    side: str
    id: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One signal that a decision rests on: `Reason("amount", "equal: 125000 INR")`."""

    signal: str
    text: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest candidate of an open item and what separates them."""

    id: str
    differs: tuple[Reason, ...]
    suspected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Items that tell the same money.

    Attributes:
        key: what ties them: the reconciliation key, or the members' ids for a match without one.
        amount_minor: what the first side says, unsigned.
        probability_ppm: in millionths; 1,000,000 for an unambiguous key.
        runner_up: the best candidate that was not taken.
        final: False until the watermarks of every side have passed.
    """

    key: str
    members: tuple[Member, ...]
    amount_minor: int
    currency: str
    account: str
    stage: Stage
    decision: Decision = Decision.AUTO
    probability_ppm: int = 1_000_000
    reasons: tuple[Reason, ...] = ()
    runner_up: str | None = None
    booked_on: dt.date
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A proven difference, or an item that is still open.

    Attributes:
        amount_minor: what is open, unsigned: the difference, or the whole of what has no counterpart.
        final: False while a missing counterpart may still come.
    """

    type: BreakType
    key: str
    members: tuple[Member, ...]
    amount_minor: int
    currency: str
    account: str
    reasons: tuple[Reason, ...] = ()
    nearest: Nearest | None = None
    booked_on: dt.date
    final: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a set of items.

    Conserved: each live item is in exactly one match or in at least one break, never in both and never in two matches; items
    that are not money (VOID; FAILED on every side, or beside a success on the same side) are in `ignored`.
    """

    matches: Sequence[Match] = ()
    breaks: Sequence[Break] = ()
    ignored: Sequence[Member] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
