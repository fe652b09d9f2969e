"""What the API answers about the balances of a source's accounts."""

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field

from api.models import Instant, Money

__all__ = ["Balance", "Balances"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Balance(_Model):
    """The latest closing balance that one account was told to have in one currency."""

    account_id: str
    closing: Money
    closing_date: dt.date | None = Field(description="booking day that it closes, in the bank's zone")
    statement_id: str = Field(description="of the statement that told it")
    proof: str = Field(description="whether the statement's entries lead from its opening to its closing balance")
    raw_ref: str | None = Field(description="the original, `sha256#position`")


class Balances(_Model):
    """The last good balances of a source; told to be stale while the source cannot be asked."""

    as_of: Instant
    source: str
    stale: bool = Field(description="the provider is down or silent: these are the last balances that it told, not today's")
    polled_at: Instant | None = Field(description="end of the last complete poll; the balances are as good as on that moment")
    age_seconds: int | None = Field(description="since `polled_at`")
    reason: str | None = Field(description="why they are stale")
    withheld: bool = Field(description="the last complete poll is more than seven days ago; such balances are not shown")
    balances: list[Balance]
