"""Which keys a process opens the vault with, from its environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reconduit.vault.errors import VaultKeyError
from reconduit.vault.keys import EnvironmentKeys, FileKeys, KeyProvider
from reconduit.vault.store import ConnectionFactory, Vault

__all__ = ["VaultSettings", "configured_keys", "open_vault"]


class VaultSettings(BaseSettings):
    """Where the vault's keys are."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    key_file: Path | None = Field(alias="RECONDUIT_VAULT_KEY_FILE", default=None)
    """File with one `ID:BASE64` a line, the current key first."""
    keys: SecretStr | None = Field(alias="RECONDUIT_VAULT_KEYS", default=None)
    """The same in the environment, separated by commas."""


def configured_keys(settings: VaultSettings | None = None) -> KeyProvider:
    """The keys that the environment names; the file comes first.

    Raises:
        VaultKeyError: it names none, or they cannot be used.
    """
    settings = settings or VaultSettings()
    if settings.key_file is not None:
        return FileKeys(settings.key_file)
    if settings.keys is not None and settings.keys.get_secret_value().strip():
        return EnvironmentKeys(settings.keys, "RECONDUIT_VAULT_KEYS")
    raise VaultKeyError(
        "the vault has no key: set RECONDUIT_VAULT_KEY_FILE to a file made by `reconduit vault new-key`, or RECONDUIT_VAULT_KEYS"
    )


def open_vault(connect: ConnectionFactory) -> Vault:
    """The vault with the keys that the environment names.

    Raises:
        VaultKeyError: it names none, or they cannot be used.
    """
    return Vault(connect, configured_keys())
