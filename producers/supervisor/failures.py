"""What an error of a producer means for its integration."""

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    FileFormatError,
    PermissionDeniedError,
    RateLimitError,
    RecordError,
)
from reconduit.authorisation.errors import (
    AuthorisationNeededError,
    ClientSettingsError,
    GrantRefusedError,
    TokenAnswerError,
)
from reconduit.errors import ReconduitError, SettingsError
from reconduit.integrations.status import Failure
from reconduit.vault.errors import SecretMissingError, VaultError

__all__ = ["failure_of", "told"]

# In order: the first that fits decides.
_MEANINGS: tuple[tuple[tuple[type[ReconduitError], ...], Failure], ...] = (
    ((AuthorisationNeededError, SecretMissingError), Failure.USER_INPUT),
    ((AuthenticationError, GrantRefusedError), Failure.AUTHENTICATION),
    ((PermissionDeniedError,), Failure.PERMISSION),
    ((RateLimitError,), Failure.RATE_LIMIT),
    ((ContractChangeError, TokenAnswerError, RecordError, FileFormatError), Failure.CONTRACT),
    ((ConfigurationError, SettingsError, ClientSettingsError), Failure.CONFIGURATION),
)


def failure_of(error: BaseException) -> Failure:
    """What kind of failure an error is, by its class and by the class of what caused it."""
    # The kit wraps what the token keeper says in an error of its own; only the cause tells whether a person must act.
    if isinstance(error.__cause__, AuthorisationNeededError):
        return Failure.USER_INPUT
    for classes, failure in _MEANINGS:
        if isinstance(error, classes):
            return failure
    if isinstance(error, ReconduitError) and error.retryable:
        return Failure.TRANSIENT
    return Failure.CONFIGURATION if isinstance(error, VaultError) else Failure.INTERNAL


def told(error: BaseException) -> str:
    """An error for people: its class and its message, which never hold a secret where the error is ours."""
    return f"{type(error).__name__}: {error}" if isinstance(error, ReconduitError) else type(error).__name__
