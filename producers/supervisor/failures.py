"""What an error of a producer means for its integration, and what an operator does about it."""

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    DataError,
    LifecycleError,
    MissingSecretError,
    PermissionDeniedError,
    ProducerError,
    RateLimitError,
)
from reconduit.authorisation.errors import (
    AuthorisationExpiredError,
    AuthorisationNeededError,
    ClientSettingsError,
    GrantRefusedError,
    TokenAnswerError,
)
from reconduit.errors import ReconduitError, SettingsError
from reconduit.integrations.status import Failure, action_for
from reconduit.vault.errors import SecretMissingError, VaultError

__all__ = ["action_of", "failure_of", "told"]

# In order: the first that fits decides.
_MEANINGS: tuple[tuple[tuple[type[ReconduitError], ...], Failure], ...] = (
    ((AuthorisationExpiredError, LifecycleError), Failure.EXPIRY),
    ((AuthorisationNeededError, SecretMissingError, MissingSecretError), Failure.USER_INPUT),
    ((AuthenticationError, GrantRefusedError), Failure.AUTHENTICATION),
    ((PermissionDeniedError,), Failure.PERMISSION),
    ((RateLimitError,), Failure.RATE_LIMIT),
    ((ContractChangeError, TokenAnswerError, DataError), Failure.CONTRACT),
    ((ConfigurationError, SettingsError, ClientSettingsError), Failure.CONFIGURATION),
)


def failure_of(error: BaseException) -> Failure:
    """What kind of failure an error is, by its class and by the class of what caused it."""
    # The kit wraps what the token keeper says in an error of its own; only the cause tells whether a person must act.
    meant = error.__cause__ if isinstance(error.__cause__, AuthorisationNeededError) else error
    for classes, failure in _MEANINGS:
        if isinstance(meant, classes):
            return failure
    if isinstance(error, ReconduitError) and error.retryable:
        return Failure.TRANSIENT
    return Failure.CONFIGURATION if isinstance(error, VaultError) else Failure.INTERNAL


def action_of(error: BaseException) -> str:
    """What an operator must do about an error: what the classes of the kit and of the vault say, else what its kind wants."""
    if isinstance(error, ProducerError | VaultError) and not isinstance(error.__cause__, AuthorisationNeededError):
        return error.fix
    return action_for(failure_of(error))


def told(error: BaseException) -> str:
    """An error for people: its class and its message, which never hold a secret where the error is ours."""
    return f"{type(error).__name__}: {error}" if isinstance(error, ReconduitError) else type(error).__name__
