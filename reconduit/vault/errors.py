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
    """A secret cannot be stored or read.

    Attributes:
        fix: what an operator does about an error of this class, in one sentence; the message has the particulars.
    """

    fix: ClassVar[str] = "Read the message, and store the secret again."


class SecretMissingError(VaultError):
    """Nothing is stored under the name."""

    fix: ClassVar[str] = "Store the secret that the message names, or authorise at the provider."


class SecretSealedError(VaultError):
    """A stored row does not open: it belongs elsewhere, was altered, or its key is another one."""

    fix: ClassVar[str] = "Store the secret again, and find out who altered the row; if many do not open, bring the former key back."


class VaultKeyError(VaultError):
    """A key of the vault is missing or cannot be used."""

    fix: ClassVar[str] = "Give the supervisor the keys of the vault; the message says which variable or file."


class VaultUnavailableError(VaultError):
    """Postgres does not answer, or the same secret was written by somebody else again and again."""

    retryable: ClassVar[bool] = True
    fix: ClassVar[str] = "Wait: polling goes on by itself; if it lasts, look whether PostgreSQL is up."
