"""What the API takes and gives about integrations."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.models import Instant
from reconduit.integrations.commands import Command
from reconduit.integrations.health import PERFECT
from reconduit.integrations.model import Integration
from reconduit.integrations.recording import MOST_HOURS
from reconduit.integrations.status import Status

__all__ = [
    "CommandList",
    "IntegrationCommand",
    "IntegrationEvent",
    "IntegrationEventPage",
    "IntegrationPage",
    "IntegrationState",
    "RecordingHours",
    "SecretNames",
    "SecretValue",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IntegrationState(_Model):
    """An integration: how it is configured and how it fares. Secrets are never shown."""

    id: UUID
    name: str
    connector: str
    base_url: str
    partition_by: str
    poll_seconds: int
    options: dict[str, Any]
    feature_flag: str | None
    enabled: bool
    status: Status
    status_reason: str | None
    action_needed: str | None = Field(description="what an operator must do; null: nothing")
    version: int = Field(description="counts what operators change; the ETag")
    created_at: Instant
    updated_at: Instant
    last_sync_at: Instant | None = Field(description="end of the last complete poll")
    next_sync_at: Instant | None = Field(description="not before; null: at once, or only when an operator has acted")
    error_count: int = Field(description="failed polls since the last complete one")
    health: float | None = Field(
        ge=0, le=1, description="share of recent polls that were complete, the latest counting most; null: none yet"
    )
    record_http_until: Instant | None = Field(description="its HTTP exchanges are recorded for support until then; null: not")

    @classmethod
    def of(cls, stored: Integration) -> "IntegrationState":
        """What the API tells of a stored integration."""
        plain = {name: getattr(stored, name) for name in cls.model_fields if name not in {"id", "health"}}
        health = None if stored.health_ppm is None else stored.health_ppm / PERFECT
        return cls(id=stored.integration_id, health=health, **plain)


class IntegrationCommand(_Model):
    """A command to an integration: carried out by the supervisor, read until it is finished."""

    id: UUID
    integration_id: UUID
    kind: Literal["sync", "test"]
    arguments: dict[str, Any]
    requested_by: str
    requested_at: Instant
    finished_at: Instant | None
    outcome: dict[str, Any] | None = Field(
        description="null until it is finished; `result` is done, failed or refused, `error` and `action` say what was wrong"
    )

    @classmethod
    def of(cls, stored: Command) -> "IntegrationCommand":
        """What the API tells of a stored command."""
        plain = {name: getattr(stored, name) for name in cls.model_fields if name != "id"}
        return cls(id=stored.command_id, **plain)


class CommandList(_Model):
    """Commands that one request has made."""

    items: list[IntegrationCommand]


class IntegrationEvent(_Model):
    """Something that happened to an integration."""

    id: int
    at: Instant
    level: Literal["info", "warning", "error"]
    event: str
    detail: dict[str, Any]


class _Page(_Model):
    next: str | None = Field(description="cursor of the next page; null on the last one. The Link header has the whole URL.")


class IntegrationPage(_Page):
    """Integrations by name."""

    items: list[IntegrationState]


class IntegrationEventPage(_Page):
    """Events of an integration, latest first."""

    items: list[IntegrationEvent]


class RecordingHours(_Model):
    """For how long the HTTP exchanges of an integration are to be recorded."""

    hours: int = Field(default=8, ge=1, le=MOST_HOURS, description="from now")


class SecretNames(_Model):
    """Names of an integration's secrets; what they are cannot be read."""

    items: list[str]


class SecretValue(_Model):
    """A secret to be stored."""

    value: SecretStr = Field(min_length=1, max_length=65_536)
