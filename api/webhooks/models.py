"""What an operator says about a webhook's endpoint, and about its events."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from reconduit.webhooks.endpoints import MOST_SECRETS

__all__ = ["EndpointRequest", "ReplayRequest", "Replayed"]

_Secret = Annotated[SecretStr, Field(min_length=1, max_length=20_000)]


class EndpointRequest(BaseModel):
    """Settings of the provider's scheme and every active secret; what was there before is replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: dict[str, Any] = Field(default_factory=dict, description="of the provider's scheme; stored in clear")
    secrets: list[_Secret] = Field(
        min_length=1, max_length=MOST_SECRETS, description="every secret, or public key in PEM, that may sign from now on"
    )


class ReplayRequest(BaseModel):
    """Which events of an endpoint are to be published and acted on again; all of them when nothing is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: AwareDatetime | None = Field(default=None, description="received at this time or later")
    until: AwareDatetime | None = Field(default=None, description="received before this time")
    event: str | None = Field(default=None, max_length=1000, description="only the one with this key, such as id:evt_1")


class Replayed(BaseModel):
    """What became of a replay."""

    model_config = ConfigDict(frozen=True)

    events: int = Field(description="how many wait to be published again, with the same `ce_id`")
