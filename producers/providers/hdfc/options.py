"""Options of the HDFC connector.

HDFC publishes no statement API: the bank tells each corporate at onboarding. Everything about it is therefore an option. The
defaults here, marked [A], are assumptions that follow the shapes of HDFC's documented credit alert and payment inquiry;
the token call, the headers and the JOSE scheme are as integrators of HDFC's corporate API describe them.
"""

import re
import zoneinfo
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from producers.kit.source_options import require_address, require_secrets, validated_options
from reconduit.sources import SourceConfig

__all__ = ["FieldMap", "HdfcOptions", "load_options"]


class FieldMap(BaseModel):
    """The bank's name of each field [A]. Compared by letters only and without case: `Virtual Account ` is `virtualaccount`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: str = "ALL_RECORDS"
    opening_balance: str = "Opening Balance"
    closing_balance: str = "Closing Balance"
    complete_through: str = "Complete Upto"
    has_more: str = "Has More"
    line_id: str = "Transaction Id"
    direction: str = "Debit Credit"
    amount: str = "Amount"
    balance: str = "Balance"
    booked_at: str = "Transaction Date"
    value_date: str = "Value Date"
    narration: str = "Transaction Description"
    reference: str = "User Reference Number"
    mnemonic: str = "Mnemonic Code"
    reversal: str = "Reversal Flag"
    counterparty_name: str = "Remitter Name"
    counterparty_account: str = "Remitter Account"
    counterparty_ifsc: str = "Remitter IFSC"


class HdfcOptions(BaseModel):
    """`options:` of a source with `connector: hdfc`.

    Secrets of the source: `client_id`, `client_secret`, `api_key`, and for `scheme: jose` also `client_private_key` (PEM,
    signs requests and opens responses) and `bank_public_key` (PEM of a key or certificate).

    Attributes:
        account_ids: account numbers to read.
        currency: of all of them; HDFC's corporate accounts in India are INR.
        scheme: `jose` for JWS nested in JWE, `none` for plain JSON inside TLS (UAT of some tenants).
        client_kid: key id of our key for the bank; empty for the SHA-256 thumbprint of its public key.
        bank_kid: key id of the bank's key; empty for its thumbprint.
        client_certificate: PEM file of the client certificate for mutual TLS, which HDFC demands outside a sandbox.
        client_certificate_key: PEM file of that certificate's private key.
        token_path: some tenants have `/v2/token`; the wrong version answers 405.
        scope: OAuth2 scope that the bank assigned; also sent as a header of each call.
        statement_path: path of the statement call [A].
        page_style: `number` asks for page after page until the bank says that there is no more [A]; `single` asks once.
        date_format: of `Value Date` and of the dates in requests.
        time_formats: of `Transaction Date`, tried in order. Times without zone are in `time_zone`.
        window_days: days per request; with 1 there is a provable statement record for each day.
        start_days: how far back the first poll reaches, days.
        overlap_days: days before the last finished one that every poll reads again, for late postings.
        payout_pattern: regular expression (any case) on the narration that tells a gateway's payout from other credits; empty: any
            credit may be one.
        requests_per_second: HDFC publishes no limit; requests are spread to this rate.
        complete_lag_days: where the bank does not say how far it is complete: closed days that it may still add to.
        max_pages: bound on the pages of one window, against a bank that always says there is more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_ids: tuple[str, ...] = Field(min_length=1)
    currency: str = Field(default="INR", pattern=r"^[A-Z]{3}$")
    scheme: Literal["jose", "none"] = "jose"
    client_kid: str = ""
    bank_kid: str = ""
    client_certificate: Path | None = None
    client_certificate_key: Path | None = None
    login_id: str = ""
    gcif: str = ""
    token_path: str = "/auth/oauth/v1/token"  # noqa: S105 - a path
    scope: str = "corp-statement"
    statement_path: str = "/api/v1/corp-accountStatement"
    page_style: Literal["number", "single"] = "number"
    page_size: int = Field(default=200, ge=1)
    fields: FieldMap = FieldMap()
    date_format: str = "%Y-%m-%d"
    time_formats: tuple[str, ...] = Field(default=("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"), min_length=1)
    time_zone: str = "Asia/Kolkata"
    window_days: int = Field(default=1, ge=1, le=31)
    start_days: int = Field(default=30, ge=1)
    overlap_days: int = Field(default=5, ge=0)
    payout_pattern: str = ""
    requests_per_second: int = Field(default=5, ge=1)
    complete_lag_days: int = Field(default=1, ge=0)
    max_pages: int = Field(default=1000, ge=1)

    @field_validator("payout_pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no IANA time zone: {value}") from error
        return value

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.client_certificate is None) != (self.client_certificate_key is None):
            raise ValueError("client_certificate and client_certificate_key come together")
        return self


def load_options(config: SourceConfig) -> HdfcOptions:
    """The source's options and a check that its secrets are named.

    Raises:
        ConfigurationError: an option is wrong or a secret is missing; the message names it.
    """
    options = validated_options(HdfcOptions, config)
    needed = ["api_key", "client_id", "client_secret"]
    if options.scheme == "jose":
        needed += ["bank_public_key", "client_private_key"]
    require_secrets(config, needed, f" for scheme {options.scheme}")
    require_address(config)
    return options
