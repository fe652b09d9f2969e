"""What the API takes and gives about OAuth authorisations; never a token."""

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field

from api.models import Instant
from reconduit.authorisation import OAuthClient
from reconduit.authorisation.token_store import TokenState

__all__ = ["AuthorisationBegun", "AuthorisationState", "Revocation"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AuthorisationState(_Model):
    """An integration's OAuth settings, and how its tokens fare."""

    client: OAuthClient
    authorised: bool = Field(description="a token is stored, and nobody has to act")
    reason: str | None = Field(description="why a person must authorise; null: nobody must")
    generation: int = Field(description="how often tokens were stored")
    access_expires_at: Instant | None = Field(description="renewed by itself before")
    refresh_expires_at: Instant | None = Field(description="a person must authorise again before; null: the provider does not say")

    @classmethod
    def of(cls, client: OAuthClient, state: TokenState | None, now: dt.datetime) -> "AuthorisationState":
        """What the API tells at `now` (aware UTC)."""

        def moment(seconds: float | None) -> dt.datetime | None:
            return None if seconds is None else (now + dt.timedelta(seconds=seconds)).replace(microsecond=0)

        return cls(
            client=client,
            authorised=state is not None and state.is_authorised,
            reason="it was never authorised" if state is None else state.reason,
            generation=0 if state is None else state.generation,
            access_expires_at=None if state is None else moment(state.access_seconds),
            refresh_expires_at=None if state is None else moment(state.refresh_seconds),
        )


class AuthorisationBegun(_Model):
    """Where a person authorises."""

    authorise_url: str = Field(description="the provider's page; it answers to our callback, in the session that asked")
    expires_at: Instant


class Revocation(_Model):
    """What became of a revocation."""

    provider_told: bool = Field(description="false: the provider has no revocation endpoint; the tokens are only forgotten here")
