"""Settings of a supervisor, from its environment."""

import os
import socket

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["SupervisorSettings", "holder_name"]


class SupervisorSettings(BaseSettings):
    """How a supervisor holds its sources."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    lease_seconds: float = Field(alias="RECONDUIT_LEASE_SECONDS", default=30.0, ge=1.0, le=3600.0)
    """How long a source stays unpolled at most after its supervisor died, before another takes over."""
    features: str = Field(alias="RECONDUIT_FEATURES", default="")
    """Feature flags, separated by commas: integrations with another flag are not polled by this supervisor."""

    def flags(self) -> frozenset[str]:
        """The feature flags."""
        return frozenset(flag.strip() for flag in self.features.split(",") if flag.strip())


def holder_name() -> str:
    """Names this process among the holders of leases."""
    return f"{socket.gethostname()}/{os.getpid()}"
