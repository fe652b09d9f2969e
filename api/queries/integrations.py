"""Listings of integrations and of their events."""

from typing import Annotated, Literal
from uuid import UUID

from psycopg import sql
from pydantic import BeforeValidator, Field, PrivateAttr

from api.cursor import CursorSigner
from api.database import Database
from api.filters import Condition, Flag, ListFilter, Text, blank_to_none
from api.integration_models import IntegrationEvent, IntegrationEventPage, IntegrationPage, IntegrationState
from api.queries.keyset import Keyset, fetch_page
from reconduit.integrations.model import Integration
from reconduit.integrations.status import Status
from schemas.records import DEFAULT_TENANT

__all__ = ["EventFilter", "IntegrationFilter", "list_events", "list_integrations"]

_INTEGRATIONS = Keyset("integration", sql.SQL("*"), (("name", "text"),), "ASC")
_EVENTS = Keyset("integration_event", sql.SQL("event_id AS id, at, level, event, detail"), (("event_id", "bigint"),))


class IntegrationFilter(ListFilter):
    """Filters of `/v1/integrations`."""

    exact = ("status", "connector", "enabled")

    status: Annotated[Status | None, BeforeValidator(blank_to_none)] = None
    connector: Text = None
    enabled: Flag = None
    due: Flag = Field(default=None, description="true: only what may be polled now")

    def conditions(self) -> list[Condition]:
        """Those of this tenant, besides the chosen ones."""
        found = [*super().conditions(), (sql.SQL("tenant_id = %s"), DEFAULT_TENANT)]
        if self.due is not None:
            due = sql.SQL("(enabled AND (next_sync_at IS NULL OR next_sync_at <= now())) = %s")
            found.append((due, self.due))
        return found


class EventFilter(ListFilter):
    """Filters of an integration's logs."""

    exact = ("level",)

    level: Annotated[Literal["info", "warning", "error"] | None, BeforeValidator(blank_to_none)] = None
    _integration: UUID | None = PrivateAttr(default=None)

    def of(self, integration_id: UUID) -> "EventFilter":
        """The same filters for one integration."""
        bound = self.model_copy()
        bound._integration = integration_id
        return bound

    def conditions(self) -> list[Condition]:
        """Those of the integration, besides the chosen ones."""
        return [*super().conditions(), (sql.SQL("integration_id = %s"), self._integration)]


def list_integrations(database: Database, signer: CursorSigner, filters: IntegrationFilter) -> IntegrationPage:
    """One page of integrations, by name."""
    rows, following = fetch_page(database, signer, _INTEGRATIONS, filters)
    return IntegrationPage(items=[IntegrationState.of(Integration.model_validate(row)) for row in rows], next=following)


def list_events(database: Database, signer: CursorSigner, filters: EventFilter) -> IntegrationEventPage:
    """One page of an integration's events, latest first."""
    rows, following = fetch_page(database, signer, _EVENTS, filters)
    events = [IntegrationEvent(**{name: row[name] for name in IntegrationEvent.model_fields}) for row in rows]
    return IntegrationEventPage(items=events, next=following)
