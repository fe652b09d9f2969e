"""Options that every source polled by `producers.kit.statements.statement_poll` has."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["AccountNumber", "StatementOptions"]

AccountNumber = Annotated[str, StringConstraints(pattern=r"^\d{9,18}$")]


class StatementOptions(BaseModel):
    """Which accounts are polled, and which days of them; a bank's own options are added in a subclass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: tuple[AccountNumber, ...] = Field(min_length=1)
    currency: str = Field(default="INR", pattern=r"^[A-Z]{3}$")
    start_date: dt.date | None = None
    """First booking day (IST) of a source that was never read; by default `initial_days` before the first poll."""
    initial_days: int = Field(default=30, ge=0, le=3650)
    overlap_days: int = Field(default=3, ge=0, le=30)
    """Days that every poll reads again, so that late postings are seen."""
    window_days: int = Field(default=30, ge=1, le=366)
    """Longest window of one request. No bank's own limit is public; 30 is accepted by every integration seen."""
    complete_lag_days: int = Field(default=0, ge=0, le=30)
    """Closed booking days that still count as incomplete: set it to how late your bank posts."""
    max_pages: int = Field(default=1000, ge=1)
    requests_per_second: int = Field(default=1, ge=1)
    """The banks' limits are not public; one a second is what integrations keep to."""
