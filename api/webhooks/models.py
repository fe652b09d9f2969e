"""What an operator says about a webhook's endpoint."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from reconduit.webhooks.endpoints import MOST_SECRETS

__all__ = ["EndpointRequest"]

_Secret = Annotated[SecretStr, Field(min_length=1, max_length=20_000)]


class EndpointRequest(BaseModel):
    """Settings of the provider's scheme and every active secret; what was there before is replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: dict[str, Any] = Field(default_factory=dict, description="of the provider's scheme; stored in clear")
    secrets: list[_Secret] = Field(
        min_length=1, max_length=MOST_SECRETS, description="every secret, or public key in PEM, that may sign from now on"
    )
