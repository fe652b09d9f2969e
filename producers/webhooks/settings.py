"""Settings of the relay of webhook events, from its environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["RelaySettings"]


class RelaySettings(BaseSettings):
    """How long events are kept."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    days: int = Field(alias="RECONDUIT_WEBHOOK_DAYS", default=90, ge=31, le=3650)
    """Days after which a published event is removed. A month at least: the longest window in which a signed time is taken is
    30 days, and what is removed is not known as a duplicate any more."""
