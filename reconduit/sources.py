"""The file of sources: which connector reads which provider account, how often, and where its secrets are."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError

from reconduit.errors import SettingsError
from reconduit.opened_secrets import note_opened
from schemas.records import DEFAULT_TENANT

__all__ = ["AccessToken", "ReadSecret", "SecretRef", "SourceConfig", "load_sources"]

AccessToken = Callable[[SecretStr | None], SecretStr]
"""Gives an OAuth access token that is good now; told one that was just refused, another one."""

ReadSecret = Callable[[str], SecretStr]
"""Opens a secret of one integration by its name, as `reconduit.vault.Vault.reader` makes it."""


class SecretRef(BaseModel):
    """Where a secret is: an environment variable, a file, or the vault; never the secret itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    file: Path | None = None
    vault: str | None = None
    """Name among the secrets of the integration."""
    _read: ReadSecret | None = PrivateAttr(default=None)

    def bound_to(self, read: ReadSecret) -> "SecretRef":
        """The same reference, which opens what is in the vault with `read`."""
        bound = SecretRef(env=self.env, file=self.file, vault=self.vault)
        bound._read = read
        return bound

    def resolve(self, vault: ReadSecret | None = None) -> SecretStr:
        """The secret, read now, and noted in `reconduit.opened_secrets`.

        Args:
            vault: opens secrets of the vault; what the reference is bound to when None.

        Raises:
            SettingsError: the variable is unset, the file cannot be read, or no vault is at hand.
            VaultError: the vault does not have it, or it does not open.
        """
        return note_opened(self._read_now(vault))

    def _read_now(self, vault: ReadSecret | None) -> SecretStr:
        if self.vault is not None:
            read = vault or self._read
            if read is None:
                raise SettingsError(f"secret {self.vault!r} is in the vault, and only integrations have one; use `env:` or `file:`")
            return read(self.vault)
        if self.env is not None:
            value = os.environ.get(self.env)
            if value is None:
                raise SettingsError(f"environment variable {self.env} is not set, but a source names it as a secret")
            return SecretStr(value)
        if self.file is not None:
            try:
                return SecretStr(self.file.read_text(encoding="utf-8").rstrip("\n"))
            except OSError as error:
                raise SettingsError(f"secret file {self.file} cannot be read: {error.strerror}") from error
            except UnicodeDecodeError:
                # Its message would repeat the bytes.
                raise SettingsError(f"secret file {self.file} is no UTF-8 text") from None
        raise SettingsError("a secret needs `env: NAME`, `file: PATH` or `vault: NAME`")


class SourceConfig(BaseModel):
    """One configured source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    connector: str
    tenant_id: str = DEFAULT_TENANT
    base_url: str = ""
    """Root of the provider's API, or `sftp://user@host:port/folder` of a drop."""
    partition_by: Literal["reference_number", "settlement_id", "account_id"] = "reference_number"
    """The canonical field whose normalised value chooses the Kafka partition (`schemas.keys.partition_of`)."""
    poll_seconds: int = Field(default=60, ge=1)
    options: dict[str, Any] = Field(default_factory=dict)
    """The connector's own options; it validates them."""
    secrets: dict[str, SecretRef] = Field(default_factory=dict)
    _access_token: AccessToken | None = PrivateAttr(default=None)

    def with_access_token(self, access_token: AccessToken) -> Self:
        """The same source, authorised by OAuth."""
        authorised = self.model_copy()
        authorised._access_token = access_token
        return authorised

    @property
    def has_authorisation(self) -> bool:
        """Whether it is an integration with OAuth settings, so that `access_token` may be asked."""
        return self._access_token is not None

    def access_token(self, refused: SecretStr | None = None) -> SecretStr:
        """An OAuth access token that is good now.

        Raises:
            SettingsError: the source is not an integration with OAuth settings.
            AuthorisationError: there is no usable token; see `reconduit.authorisation.errors`.
        """
        if self._access_token is None:
            raise SettingsError(f"source {self.name} has no OAuth authorisation; put the OAuth settings of its integration")
        return self._access_token(refused)

    def bound_to(self, read: ReadSecret) -> Self:
        """The same source, whose references to the vault open with `read`."""
        return self.model_copy(update={"secrets": {name: one.bound_to(read) for name, one in self.secrets.items()}})

    @property
    def transactions_topic(self) -> str:
        """Topic of the source's canonical transactions."""
        return f"{self.name}_txns"

    @property
    def statements_topic(self) -> str:
        """Topic of the source's balances, control totals and watermarks."""
        return f"{self.name}_statements"


def load_sources(path: Path) -> list[SourceConfig]:
    """Every source of a YAML file `sources: [...]`, in file order.

    Raises:
        SettingsError: the file cannot be read or a source is wrong; the message names the source and the field.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"sources file {path} cannot be read: {error.strerror}; set RECONDUIT_SOURCES") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"sources file {path} is no UTF-8 text: {error.reason} at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"sources file {path} is no YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("sources"), list):
        raise SettingsError(f"sources file {path} needs a top-level list `sources:`")
    found: dict[str, SourceConfig] = {}
    for index, entry in enumerate(document["sources"]):
        name = entry.get("name", f"number {index + 1}") if isinstance(entry, dict) else f"number {index + 1}"
        try:
            config = SourceConfig.model_validate(entry)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
            raise SettingsError(f"{path}: source {name}: {wrong}") from None
        if config.name in found:
            raise SettingsError(f"{path}: source {name} is there twice")
        found[config.name] = config
    return list(found.values())
