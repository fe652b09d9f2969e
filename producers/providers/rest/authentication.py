"""How a REST source authenticates. A definition names secrets of the source; it never holds one.

A key in the address is not supported: addresses are logged, on this machine and on every proxy in between.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from producers.kit.auth.integration_token import IntegrationToken
from producers.kit.auth.oauth import ClientCredentials
from producers.kit.source_options import require_secrets
from reconduit.sources import SourceConfig

__all__ = ["Authentication", "Credentials", "credentials_of"]

SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoAuthentication(_Kind):
    """The provider checks nothing."""

    kind: Literal["none"]


class Bearer(_Kind):
    """`Authorization: Bearer TOKEN`.

    Attributes:
        token: name of the secret.
    """

    kind: Literal["bearer"]
    token: SecretName = "token"  # noqa: S105  the name of a secret


class Basic(_Kind):
    """HTTP Basic.

    Attributes:
        user: name of the secret with the user's name.
        password: name of the secret with the password.
    """

    kind: Literal["basic"]
    user: SecretName = "user"
    password: SecretName = "password"  # noqa: S105  the name of a secret


class ApiKey(_Kind):
    """A key in a header.

    Attributes:
        header: name of the header.
        key: name of the secret.
        prefix: put before the key, such as `Token `.
    """

    kind: Literal["api_key"]
    header: HeaderName = "X-Api-Key"
    key: SecretName = "api_key"
    prefix: str = Field(default="", pattern=r"^[ -~]*$")


class OAuth2(_Kind):
    """OAuth 2.0 client credentials; see `producers.kit.auth.oauth`.

    Attributes:
        token_url: absolute address of the token endpoint, or its path below the base address.
        client_id: name of the secret with the client's id.
        client_secret: name of the secret with the client's secret.
        credentials: sent as `basic` header or in the `body`.
        scope: wanted scope.
    """

    kind: Literal["oauth2"]
    token_url: str = Field(min_length=1)
    client_id: SecretName = "client_id"
    client_secret: SecretName = "client_secret"  # noqa: S105  the name of a secret
    credentials: Literal["basic", "body"] = "basic"
    scope: str | None = None


class Integration(_Kind):
    """The token of the integration, which a person authorised."""

    kind: Literal["integration"]


Authentication = Annotated[NoAuthentication | Bearer | Basic | ApiKey | OAuth2 | Integration, Field(discriminator="kind")]


class Credentials:
    """What `producers.kit.http.transport.Transport` is given.

    Attributes:
        auth: an httpx auth, or None.
        headers: headers of every request.
    """

    def __init__(self, auth: httpx.Auth | None = None, headers: dict[str, str] | None = None) -> None:
        self.auth = auth
        self.headers = headers or {}


def credentials_of(authentication: Authentication, config: SourceConfig, base_url: str) -> Credentials:
    """The source's credentials, its secrets opened.

    Raises:
        MissingSecretError: the source does not name a secret that is needed.
        SettingsError: a secret cannot be read.
    """

    def opened(name: str) -> SecretStr:
        require_secrets(config, (name,), f"; auth {authentication.kind} needs it")
        return config.secrets[name].resolve()

    return _build(authentication, config, base_url, opened)


def _build(authentication: Authentication, config: SourceConfig, base_url: str, opened: Callable[[str], SecretStr]) -> Credentials:
    match authentication:
        case Bearer():
            return Credentials(headers={"Authorization": f"Bearer {opened(authentication.token).get_secret_value()}"})
        case Basic():
            user, password = opened(authentication.user), opened(authentication.password)
            return Credentials(httpx.BasicAuth(user.get_secret_value(), password.get_secret_value()))
        case ApiKey():
            key = opened(authentication.key).get_secret_value()
            return Credentials(headers={authentication.header: f"{authentication.prefix}{key}"})
        case OAuth2():
            token_url = authentication.token_url
            if "://" not in token_url:
                token_url = f"{base_url.rstrip('/')}/{token_url.lstrip('/')}"
            return Credentials(
                ClientCredentials(
                    token_url,
                    opened(authentication.client_id).get_secret_value(),
                    opened(authentication.client_secret),
                    credentials=authentication.credentials,
                    scope=authentication.scope,
                )
            )
        case Integration():
            return Credentials(IntegrationToken(config))
        case NoAuthentication():
            return Credentials()
