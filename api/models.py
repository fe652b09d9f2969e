"""What the API answers with. Money is a string of minor units, times are RFC 3339 in UTC."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from schemas.errors import AmountError
from schemas.money import currency_exponent

__all__ = [
    "AgeBucket",
    "BreakDetail",
    "BreakPage",
    "BreakSummary",
    "BreakTotal",
    "Decision",
    "ExpandedMember",
    "Instant",
    "MatchDetail",
    "MatchPage",
    "MatchSummary",
    "Member",
    "Money",
    "Nearest",
    "QuarantinePage",
    "Quarantined",
    "Reason",
    "ReconciliationSummary",
    "SourceStatus",
    "Sources",
    "Summary",
    "Transaction",
    "TransactionPage",
]


def _rfc3339(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[AwareDatetime, PlainSerializer(_rfc3339, return_type=str)]
"""A moment, written as RFC 3339 in UTC with a Z."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(_Answer):
    """An amount. A string, because minor units exceed what a JSON number keeps exactly (2^53)."""

    minor_units: str = Field(examples=["-1250"])
    currency: str = Field(examples=["EUR"])
    exponent: int | None = Field(description="decimals of the currency (ISO 4217); null when it is no ISO currency", examples=[2])

    @classmethod
    def of(cls, minor: int, currency: str) -> "Money":
        """The money of an integer of minor units."""
        try:
            exponent = currency_exponent(currency)
        except AmountError:
            # Shown as it is stored rather than with decimals that nobody vouches for.
            exponent = None
        return cls(minor_units=str(minor), currency=currency, exponent=exponent)


class Reason(_Answer):
    """One signal that a decision rests on."""

    signal: str
    text: str


class Nearest(_Answer):
    """The nearest candidate of an open item and what separates them."""

    id: str
    differs: list[Reason]
    suspected: str | None = Field(default=None, description="the break type that would explain the difference")


class Transaction(_Answer):
    """One revision of one record, as its source told it."""

    txn_id: str
    revision: int
    current: bool = Field(description="no later revision is stored")
    tenant_id: str
    source: str
    account_id: str
    direction: Literal["CREDIT", "DEBIT"]
    status: Literal["SUCCESS", "FAILED", "PENDING", "VOID"]
    is_reversal: bool
    amount: Money
    fee: Money | None
    booked_at: Instant
    value_date: dt.date | None
    reference_number: str | None
    settlement_id: str | None
    detail: dict[str, Any] = Field(description="the other canonical fields by their names")
    kafka_partition: int
    kafka_offset: int


class Member(_Answer):
    """A record's place in a match or break."""

    side: str
    source: str | None = Field(description="null when the record is not stored any more")
    txn_id: str | None


class ExpandedMember(Member):
    """A member with its record."""

    transaction: Transaction | None


class Decision(_Answer):
    """What matches and breaks have in common."""

    id: str
    reconciliation: str
    key: str = Field(description="what ties the members")
    final: bool = Field(description="false: may still change until the sources are complete")
    amount: Money
    account_id: str
    booked_on: dt.date
    rule_version: int
    reasons: list[Reason]


class MatchSummary(Decision):
    """Records that tell the same money. `amount` is what the first side says."""

    stage: str
    decision: Literal["auto", "suggested"]
    probability_ppm: int = Field(description="match probability in millionths")
    members: list[Member]


class MatchDetail(MatchSummary):
    """A match with its records."""

    members: list[ExpandedMember]  # type: ignore[assignment]


class BreakSummary(Decision):
    """A difference or an open item. `amount` is what is open."""

    type: str
    nearest: Nearest | None
    members: list[Member]


class BreakDetail(BreakSummary):
    """A break with its records."""

    members: list[ExpandedMember]  # type: ignore[assignment]


class _Page(_Answer):
    next: str | None = Field(description="cursor of the next page; null on the last one. The Link header has the whole URL.")


class TransactionPage(_Page):
    """Transactions, latest first."""

    items: list[Transaction]


class MatchPage(_Page):
    """Matches, latest first."""

    items: list[MatchSummary]


class BreakPage(_Page):
    """Breaks in the order that was asked for."""

    items: list[BreakSummary]


class Quarantined(_Answer):
    """A record that could not be used; its raw bytes are kept in the database."""

    id: int
    source: str
    stage: str
    reason: str
    detail: str
    position: str
    raw_bytes: int = Field(description="size of the raw record")
    arrived_at: Instant


class QuarantinePage(_Page):
    """Quarantined records, latest first."""

    items: list[Quarantined]


class BreakTotal(_Answer):
    """Breaks of one type and currency."""

    type: str
    final: int = Field(description="how many of them are final")
    count: int
    open: Money


class AgeBucket(_Answer):
    """What is open in one currency since so many days. Amounts of different currencies are never added."""

    age: Literal["0-1", "2-3", "4-7", "8-30", "30+"] = Field(description="days since booking")
    count: int
    open: Money
    expected: Money = Field(description="the part of `open` whose counterpart may still come (TIMING)")


class ReconciliationSummary(_Answer):
    """One reconciliation in numbers of records."""

    name: str
    shape: str
    version: int
    rules_digest: str
    records: int = Field(description="records in a match or a break")
    matched: int = Field(description="records in confirmed matches")
    suggested: int = Field(description="records in matches that a person must confirm")
    provisional: int = Field(description="records in matches that are not final yet")
    match_rate_ppm: int | None = Field(description="matched / records in millionths; null without records")
    match_rate: str = Field(description="the same as text, rounded down: 100 % means all", examples=["98.41 %"])
    breaks: list[BreakTotal]
    ageing: list[AgeBucket]
    oldest_open: dt.date | None


class Summary(_Answer):
    """Every reconciliation at one moment."""

    as_of: Instant
    reconciliations: list[ReconciliationSummary]
    quarantined: int


class SourceStatus(_Answer):
    """How far one source is."""

    name: str
    health: Literal["healthy", "stale", "failing", "waiting"]
    fetched: int | None = Field(description="null when no producer has reported for it")
    published: int | None
    stored: int = Field(description="rows of `transaction`, every revision counted")
    quarantined: int
    rounds: int | None
    last_success_at: Instant | None
    last_error_at: Instant | None
    last_error: str | None
    circuit: Literal["closed", "half_open", "open"] | None = Field(
        description="of the breaker to the provider, as the last poll left it; null for sources without HTTP"
    )
    circuit_reason: str | None = Field(description="what opened the circuit")
    complete_through: Instant | None = Field(description="the watermark: every record booked before is delivered")
    lag_records: int | None = Field(description="published less consumed offsets; an estimate, null when unknown")


class Sources(_Answer):
    """Every source that produced, stored or quarantined anything."""

    as_of: Instant
    sources: list[SourceStatus]
