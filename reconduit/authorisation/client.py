"""How an integration is a client of its provider's authorisation server: everything but the secrets, which are in the vault."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from reconduit.endpoint import check_address
from reconduit.errors import SettingsError

__all__ = ["CLIENT_SECRET", "PASSWORD", "SIGNING_KEY", "TLS_AUTHORITIES", "TLS_CERTIFICATE", "TLS_KEY", "USERNAME", "OAuthClient"]

CLIENT_SECRET = "client_secret"  # noqa: S105  the name under which the vault has it, like those below
SIGNING_KEY = "signing_key"
USERNAME = "username"
PASSWORD = "password"  # noqa: S105
TLS_CERTIFICATE = "tls_certificate"
TLS_KEY = "tls_key"
TLS_AUTHORITIES = "tls_authorities"

_RESERVED = frozenset(
    {"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "grant_type", "code"}
)


class OAuthClient(BaseModel):
    """An OAuth 2.0 client (RFC 6749), one per integration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grant: Literal["authorization_code", "client_credentials", "password"]
    """How the first token is obtained. A refresh token is used where the provider gives one."""
    token_url: str
    authorise_url: str | None = None
    """The provider's page where a person authorises; for `authorization_code`."""
    redirect_uri: str | None = None
    """Address of our callback as the provider has registered it; for `authorization_code`."""
    revoke_url: str | None = None
    """RFC 7009; without one a revocation only forgets the tokens here."""
    issuer: str | None = None
    """Compared with `iss` of a callback where the provider sends one (RFC 9207)."""
    client_id: str = Field(min_length=1)
    client_auth: Literal["basic", "body", "private_key_jwt", "tls", "none"] = "basic"
    """`basic` and `body` send `client_secret`; `private_key_jwt` (RFC 7523) signs with `signing_key`; `tls` (RFC 8705) presents
    `tls_certificate` alone; `none` is a public client."""
    scopes: tuple[str, ...] = ()
    signing_algorithm: Literal["PS256", "RS256", "ES256"] = "PS256"
    signing_key_id: str | None = None
    """`kid` of the assertion's header."""
    assertion_audience: str | None = None
    """`aud` of the assertion; the token endpoint's address when not given."""
    authorise_parameters: dict[str, str] = Field(default_factory=dict)
    token_parameters: dict[str, str] = Field(default_factory=dict)

    @field_validator("token_url", "authorise_url", "redirect_uri", "revoke_url")
    @classmethod
    def _is_safe(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                check_address(value, "the address")
            except SettingsError as error:
                raise ValueError(str(error)) from None
            if urlsplit(value).fragment:
                raise ValueError("the address has a fragment, which RFC 6749, 3.1, forbids")
        return value

    @field_validator("authorise_parameters", "token_parameters")
    @classmethod
    def _adds_only(cls, value: dict[str, str]) -> dict[str, str]:
        if taken := sorted(_RESERVED & value.keys()):
            raise ValueError(f"{', '.join(taken)} cannot be set by hand")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.grant == "authorization_code" and (self.authorise_url is None or self.redirect_uri is None):
            raise ValueError("authorization_code needs authorise_url and redirect_uri")
        return self
