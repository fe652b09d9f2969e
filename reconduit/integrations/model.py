"""What an integration is, and what an operator may say of it."""

import datetime as dt
import json
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reconduit.integrations.status import Standing, Status
from reconduit.sources import SecretRef, SourceConfig

__all__ = ["SECRET_NAME", "Integration", "IntegrationChange", "IntegrationDraft"]

_OPTIONS_BYTES = 65_536
SECRET_NAME = r"^[a-z][a-z0-9_]{0,62}$"  # noqa: S105  the form of a name
"""Form of a secret's name."""


def _plain_address(address: str) -> str:
    if not address:
        return address
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https", "sftp"} or not parts.hostname:
        raise ValueError("must be an http, https or sftp URL with a host")
    if parts.password is not None or (parts.username is not None and parts.scheme != "sftp"):
        raise ValueError("must hold no credentials; store them as secrets")
    if parts.query or parts.fragment:
        raise ValueError("must have neither query nor fragment")
    if "\x00" in address:
        raise ValueError("must hold no NUL character")
    return address


def _storable_options(options: dict[str, Any]) -> dict[str, Any]:
    try:
        text = json.dumps(options, allow_nan=False)
    except ValueError as error:
        raise ValueError(f"must be JSON: {error}") from None
    if len(text) > _OPTIONS_BYTES:
        raise ValueError(f"must be shorter than {_OPTIONS_BYTES} bytes as JSON")
    if "\\u0000" in text:
        raise ValueError("must hold no NUL character")
    return options


# `module:function` is for the sources file only: whoever has the API's token must not choose the code that runs.
_Connector = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="a connector that is shipped, such as hdfc")]
_Address = Annotated[str, Field(max_length=2000), AfterValidator(_plain_address)]
_Seconds = Annotated[int, Field(ge=1, le=604_800)]
_Options = Annotated[dict[str, Any], AfterValidator(_storable_options)]
_Flag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
_PartitionBy = Literal["reference_number", "settlement_id", "account_id"]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IntegrationDraft(_Request):
    """An integration to be made. It is inactive at first: store its secrets, test it, then enable it.

    `options` are stored in clear and shown to whoever may read; what is secret belongs in the vault.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$", description="names the source, and so its Kafka topics; never changed")
    connector: _Connector
    base_url: _Address = Field(default="", description="root of the provider's API, or sftp://user@host:port/folder")
    partition_by: _PartitionBy = "reference_number"
    poll_seconds: _Seconds = 60
    options: _Options = Field(default_factory=dict, description="the connector's own; it checks them when it is tested or polled")
    feature_flag: _Flag | None = Field(default=None, description="polled only by supervisors that have this flag")


class IntegrationChange(_Request):
    """What is to be different; what is not named stays."""

    base_url: _Address | None = None
    partition_by: _PartitionBy | None = None
    poll_seconds: _Seconds | None = None
    options: _Options | None = Field(default=None, description="takes the place of all former options")
    feature_flag: _Flag | None = Field(default=None, description="null: no flag")

    def values(self) -> dict[str, Any]:
        """The fields that were named. Null clears `feature_flag`, and means nothing for the others."""
        named = self.model_dump(include=self.model_fields_set)
        return {name: value for name, value in named.items() if value is not None or name == "feature_flag"}


class Integration(BaseModel):
    """A configured connection of a tenant to a provider, as it is stored.

    Attributes:
        version: counts what operators change; a poll leaves it alone.
        last_sync_at: end of the last complete poll, UTC.
        next_sync_at: not before; None: at once, or only when an operator has acted.
        error_count: failed polls since the last complete one.
        health_ppm: see `reconduit.integrations.health`; None before the first poll.
        record_http_until: its HTTP exchanges are recorded for support until then, UTC; None: they are not.
    """

    model_config = ConfigDict(frozen=True)

    integration_id: UUID
    tenant_id: str
    name: str
    connector: str
    base_url: str
    partition_by: _PartitionBy
    poll_seconds: int
    options: dict[str, Any]
    feature_flag: str | None
    enabled: bool
    status: Status
    status_reason: str | None
    action_needed: str | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    last_sync_at: dt.datetime | None
    next_sync_at: dt.datetime | None
    error_count: int
    health_ppm: int | None
    record_http_until: dt.datetime | None = None

    @property
    def standing(self) -> Standing:
        """Status, reason and what to do."""
        return Standing(self.status, self.status_reason, self.action_needed)

    def source(self, secret_names: list[str]) -> SourceConfig:
        """The source that its producer polls; every secret is in the vault.

        Args:
            secret_names: names of the integration's secrets.
        """
        return SourceConfig(
            name=self.name,
            connector=self.connector,
            tenant_id=self.tenant_id,
            base_url=self.base_url,
            partition_by=self.partition_by,
            poll_seconds=self.poll_seconds,
            options=self.options,
            secrets={name: SecretRef(vault=name) for name in secret_names},
        )
