"""Options and secrets of an SBI source.

Only the GEN6 gateway's envelope is known from integrations in public. The payload inside (`EIS_PAYLOAD`), the names of the
response's fields, the transaction types and the error codes are in documents that the bank gives to its customers; nothing
of them is public, so all of it is an option here, and the defaults are the sandbox's invention.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from producers.kit.statements.statement_options import StatementOptions

__all__ = ["SECRETS", "FailureKind", "FieldMap", "RsaPadding", "SbiOptions"]

SECRETS = ("private_key", "bank_public_key")
"""Secrets a source must name: our RSA signing key (PEM); the bank's public key or certificate (PEM)."""

RsaPadding = Literal["PKCS1", "OAEP_SHA1", "OAEP_SHA256"]
FailureKind = Literal["retry", "rate_limit", "authentication", "permission", "configuration", "empty"]

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


class SbiOptions(StatementOptions):
    """What the file of sources says under `options:`, besides what `StatementOptions` has."""

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
