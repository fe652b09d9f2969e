"""Options and secrets of an ICICI source."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["SECRETS", "IciciOptions"]

SECRETS = ("api_key", "private_key", "bank_public_key")
"""Secrets a source must name: the `apikey` header; our RSA private key (PEM); the bank's public key or certificate (PEM)."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$")]
AccountNumber = Annotated[str, StringConstraints(pattern=r"^\d{9,18}$")]


class IciciOptions(BaseModel):
    """What the file of sources says under `options:`.

    `aggr_id`, `corp_id`, `user_id` and `urn` are what the bank gave at registration (AGGRID, CORPID, USERID, URN).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: tuple[AccountNumber, ...] = Field(min_length=1)
    aggr_id: Identifier
    corp_id: Identifier
    user_id: Identifier
    urn: Identifier
    currency: str = Field(default="INR", pattern=r"^[A-Z]{3}$")
    start_date: dt.date | None = None
    """First booking day (IST) of a source that was never read; by default `initial_days` before the first poll."""
    initial_days: int = Field(default=30, ge=0, le=3650)
    overlap_days: int = Field(default=3, ge=0, le=30)
    """Days that every poll reads again, so that late postings are seen."""
    window_days: int = Field(default=30, ge=1, le=366)
    """Longest window of one request. The bank's own limit is not public; 30 is accepted by every integration seen."""
    complete_lag_days: int = Field(default=0, ge=0, le=30)
    """Closed booking days that still count as incomplete: set it to how late your bank posts."""
    page_size: int | None = Field(default=None, ge=1)
    """Rows of a full page, when known: a shorter page is then the last. Unknown, a page without new ids ends the window."""
    max_pages: int = Field(default=1000, ge=1)
    requests_per_second: int = Field(default=1, ge=1)
    """The bank's limit is not public; one a second is what integrations keep to."""
    statement_path: str = Field(default="/api/Corporate/CIB/v1/AccountStatements", pattern=r"^/")
    forwarded_for: str | None = None
    """The address that the bank has on its allow-list, sent as `x-forwarded-for` when given."""
