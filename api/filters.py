"""Filters of the listings: query parameters in, SQL conditions with parameters out. Unknown parameters are refused."""

import datetime as dt
from typing import Annotated, ClassVar, Literal

from psycopg import sql
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from reconciler.text import normalise_reference
from reconciler.types import BreakType, Stage
from schemas.records import Direction, Status

__all__ = [
    "BreakFilter",
    "Condition",
    "Currency",
    "Flag",
    "ListFilter",
    "MatchFilter",
    "QuarantineFilter",
    "Text",
    "TransactionFilter",
    "blank_to_none",
]

Condition = tuple[sql.Composable, object]
"""A condition with one placeholder, and its parameter."""


def blank_to_none(value: object) -> object:
    """A form sends its empty fields: `?type=&currency=EUR` means no filter on type."""
    return None if value == "" else value


def _no_nul(value: object) -> object:
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("must not contain a NUL character")
    return blank_to_none(value)


Text = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_no_nul)]
Currency = Annotated[Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])] | None, BeforeValidator(blank_to_none)]
Flag = Annotated[bool | None, BeforeValidator(blank_to_none)]
Day = Annotated[dt.date | None, BeforeValidator(blank_to_none)]
Minor = Annotated[Annotated[int, Field(ge=0, lt=2**63)] | None, BeforeValidator(blank_to_none)]


class ListFilter(BaseModel):
    """What every listing takes: where to go on and how much to give."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    exact: ClassVar[tuple[str, ...]] = ()

    limit: int = Field(default=50, ge=1, le=500)
    cursor: Annotated[Annotated[str, Field(max_length=2000)] | None, BeforeValidator(_no_nul)] = None

    def query(self) -> dict[str, str]:
        """The filter without its place in the listing: what a cursor is bound to and a link repeats."""
        chosen = self.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor"})
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in chosen.items()}

    def conditions(self) -> list[Condition]:
        """SQL conditions of the chosen filters."""
        return [
            (sql.SQL("{} = %s").format(sql.Identifier(name)), value)
            for name in self.exact
            if (value := getattr(self, name)) is not None
        ]


class _MoneyFilter(ListFilter):
    """Account, currency, amount and booking day. Amounts are minor units, days are UTC and inclusive."""

    account_id: Text = None
    currency: Currency = None
    amount_min: Minor = Field(default=None, description="minor units, inclusive")
    amount_max: Minor = Field(default=None, description="minor units, inclusive")
    booked_from: Day = Field(default=None, description="UTC day, inclusive")
    booked_to: Day = Field(default=None, description="UTC day, inclusive")

    @model_validator(mode="after")
    def _ranges_are_not_empty(self) -> "_MoneyFilter":
        if self.amount_min is not None and self.amount_max is not None and self.amount_min > self.amount_max:
            raise ValueError("amount_min is above amount_max")
        if self.booked_from is not None and self.booked_to is not None and self.booked_from > self.booked_to:
            raise ValueError("booked_from is after booked_to")
        return self

    def conditions(self) -> list[Condition]:
        found = super().conditions()
        if self.amount_min is not None:
            found.append((sql.SQL("amount_minor >= %s"), self.amount_min))
        if self.amount_max is not None:
            found.append((sql.SQL("amount_minor <= %s"), self.amount_max))
        return found


class TransactionFilter(_MoneyFilter):
    """Filters of `/v1/transactions`."""

    exact = ("source", "account_id", "currency", "status", "direction")

    source: Text = None
    status: Annotated[Status | None, BeforeValidator(blank_to_none)] = None
    direction: Annotated[Direction | None, BeforeValidator(blank_to_none)] = None
    reference: Text = Field(default=None, description="reference_number, settlement_id or txn_id, exactly")
    revisions: Literal["current", "all"] = Field(default="current", description="all: superseded revisions too")

    def conditions(self) -> list[Condition]:
        """SQL conditions of the chosen filters."""
        found = super().conditions()
        if self.booked_from is not None:
            found.append((sql.SQL("booked_at >= %s"), dt.datetime.combine(self.booked_from, dt.time(), dt.UTC)))
        if self.booked_to is not None:
            after = dt.datetime.combine(self.booked_to, dt.time.max, dt.UTC)
            found.append((sql.SQL("booked_at <= %s"), after))
        if self.reference is not None:
            found.append((sql.SQL("%s IN (reference_number, settlement_id, txn_id)"), self.reference))
        if self.revisions == "current":
            found.append((sql.SQL("current = %s"), True))
        return found


class _DecisionFilter(_MoneyFilter):
    # What has a record of `source` is found by `api.queries.by_source`.
    reconciliation: Text = None
    source: Text = Field(default=None, description="only what has a record of this source")
    key: Text = Field(default=None, description="the reconciliation key, as the source or as the engine writes it")
    final: Flag = None

    def conditions(self) -> list[Condition]:
        found = super().conditions()
        if self.booked_from is not None:
            found.append((sql.SQL("booked_on >= %s"), self.booked_from))
        if self.booked_to is not None:
            found.append((sql.SQL("booked_on <= %s"), self.booked_to))
        if self.key is not None:
            found.append((sql.SQL("key = ANY(%s)"), [self.key, normalise_reference(self.key)]))
        return found


class MatchFilter(_DecisionFilter):
    """Filters of `/v1/matches`."""

    exact = ("reconciliation", "account_id", "currency", "final", "stage", "decision")

    stage: Annotated[Stage | None, BeforeValidator(blank_to_none)] = None
    decision: Annotated[Literal["auto", "suggested"] | None, BeforeValidator(blank_to_none)] = None


class BreakFilter(_DecisionFilter):
    """Filters of `/v1/breaks`."""

    exact = ("reconciliation", "account_id", "currency", "final", "type")

    type: Annotated[BreakType | None, BeforeValidator(blank_to_none)] = None
    sort: Literal["newest", "oldest", "largest"] = Field(
        default="newest", description="largest compares minor units; choose a currency with it"
    )


class QuarantineFilter(ListFilter):
    """Filters of `/v1/quarantine`."""

    exact = ("source", "stage", "reason")

    source: Text = None
    stage: Annotated[Literal["producer", "consumer"] | None, BeforeValidator(blank_to_none)] = None
    reason: Text = None
