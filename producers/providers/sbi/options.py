"""Options and secrets of an SBI source.

Only the GEN6 gateway's envelope is known from integrations in public. The payload inside (`EIS_PAYLOAD`), the names of the
response's fields, the transaction types and the error codes are in documents that the bank gives to its customers; nothing
of them is public, so all of it is an option here, and the defaults are the sandbox's invention.
"""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["SECRETS", "FailureKind", "FieldMap", "RsaPadding", "SbiOptions"]

SECRETS = ("private_key", "bank_public_key")
"""Secrets a source must name: our RSA signing key (PEM); the bank's public key or certificate (PEM)."""

RsaPadding = Literal["PKCS1", "OAEP_SHA1", "OAEP_SHA256"]
FailureKind = Literal["retry", "rate_limit", "authentication", "permission", "configuration", "empty"]

AccountNumber = Annotated[str, StringConstraints(pattern=r"^\d{9,18}$")]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]

_DEFAULT_PAYLOAD = {
    "ACCOUNT_NUMBER": "{account}",
    "FROM_DATE": "{first}",
    "TO_DATE": "{last}",
    "PAGE_KEY": "{page}",
}


class FieldMap(BaseModel):
    """Where a row has what: dotted paths inside one row (`AMOUNT.VALUE`). None for what the rows do not have.

    Without `id`, the record id is a digest of date, direction, amount, text and balance with an ordinal among equal rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: FieldPath | None = "TXN_ID"
    booked_at: FieldPath = "POST_DATE"
    value_date: FieldPath | None = "VALUE_DATE"
    amount: FieldPath = "AMOUNT"
    direction: FieldPath = "DR_CR"
    narration: FieldPath = "NARRATION"
    balance: FieldPath | None = "BALANCE"
    reference: FieldPath | None = None
    """A field that holds the UTR or RRN by itself; it goes before what the narration has."""
    cheque_number: FieldPath | None = "CHEQUE_NO"
    counterparty: FieldPath | None = None


class SbiOptions(BaseModel):
    """What the file of sources says under `options:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: tuple[AccountNumber, ...] = Field(min_length=1)
    source_id: str = Field(min_length=2, max_length=2, pattern=r"^[A-Z0-9]{2}$")
    """The two characters that the bank gave to us: SOURCE_ID, and part of each REQUEST_REFERENCE_NUMBER."""
    destination: str = "EIS"
    txn_type: str = "STATEMENT"
    txn_sub_type: str = "ACCOUNT_STATEMENT"
    gateway_path: str = Field(default="/gen6/gateway/thirdParty/wrapper/services", pattern=r"^/")
    rsa_padding: RsaPadding = "PKCS1"
    """Padding of the session key in AccessToken; the bank's documents differ."""
    payload: dict[str, Any] = Field(default_factory=lambda: dict(_DEFAULT_PAYLOAD))
    """Template of EIS_PAYLOAD: `{account}`, `{first}`, `{last}` and `{page}` inside its texts are filled in."""
    payload_date_format: str = "%d-%m-%Y"
    records_path: FieldPath = "TRANSACTIONS"
    next_page_path: FieldPath | None = "NEXT_PAGE_KEY"
    """Where the response has the key of the next page, None when it has no pages. Absent or empty on the last page."""
    fields: FieldMap = FieldMap()
    time_formats: tuple[str, ...] = ("%d-%m-%Y %H:%M:%S", "%d-%m-%Y")
    """Formats of booking times and value dates, in IST, tried in order."""
    credit_values: tuple[str, ...] = ("CR", "C", "CREDIT")
    debit_values: tuple[str, ...] = ("DR", "D", "DEBIT")
    error_kinds: dict[str, FailureKind] = Field(default_factory=dict)
    """What the bank's error codes mean (`SI411: authentication`); others are judged by their description."""
    currency: str = Field(default="INR", pattern=r"^[A-Z]{3}$")
    start_date: dt.date | None = None
    """First booking day (IST) of a source that was never read; by default `initial_days` before the first poll."""
    initial_days: int = Field(default=30, ge=0, le=3650)
    overlap_days: int = Field(default=3, ge=0, le=30)
    """Days that every poll reads again, so that late postings are seen."""
    window_days: int = Field(default=30, ge=1, le=366)
    complete_lag_days: int = Field(default=0, ge=0, le=30)
    """Closed booking days that still count as incomplete: set it to how late your bank posts."""
    max_pages: int = Field(default=1000, ge=1)
    requests_per_second: int = Field(default=1, ge=1)
