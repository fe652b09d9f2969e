"""What can go wrong with stored secrets. No message ever holds a secret or a key.

```
VaultError                  terminal: the root
├── SecretMissingError      terminal: nothing is stored under the name
├── SecretSealedError       terminal: a row does not open: swapped, altered, or sealed with another key of the same id
├── VaultKeyError           terminal: a key is missing, malformed, or readable by others
└── VaultUnavailableError   retryable: Postgres does not answer, or somebody else kept writing the same secret
```
"""

from typing import ClassVar

from reconduit.errors import ReconduitError

__all__ = ["SecretMissingError", "SecretSealedError", "VaultError", "VaultKeyError", "VaultUnavailableError"]


class VaultError(ReconduitError):
    """A secret cannot be stored or read."""


class SecretMissingError(VaultError):
    """Nothing is stored under the name."""


class SecretSealedError(VaultError):
    """A stored row does not open: it belongs elsewhere, was altered, or its key is another one."""


class VaultKeyError(VaultError):
    """A key of the vault is missing or cannot be used."""


class VaultUnavailableError(VaultError):
    """Postgres does not answer, or the same secret was written by somebody else again and again."""

    retryable: ClassVar[bool] = True
