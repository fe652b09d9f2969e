"""What each error of a producer means for its integration, and what the operator is told to do."""

import pytest

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    LifecycleError,
    MissingSecretError,
    PermissionDeniedError,
    PgpError,
    ProducerError,
    PublishError,
    RateLimitError,
    RecordError,
    TransientError,
)
from producers.supervisor.failures import action_of, failure_of, told
from reconduit.authorisation.errors import (
    AuthorisationExpiredError,
    AuthorisationNeededError,
    GrantRefusedError,
    TokenEndpointError,
)
from reconduit.errors import SettingsError
from reconduit.integrations.status import Failure, action_for
from reconduit.vault.errors import SecretMissingError, SecretSealedError, VaultError, VaultKeyError


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (AuthenticationError("401"), Failure.AUTHENTICATION),
        (GrantRefusedError("no", "invalid_client"), Failure.AUTHENTICATION),
        (AuthorisationNeededError("again"), Failure.USER_INPUT),
        (SecretMissingError("token"), Failure.USER_INPUT),
        (MissingSecretError("token"), Failure.USER_INPUT),
        (AuthorisationExpiredError("over"), Failure.EXPIRY),
        (LifecycleError("410"), Failure.EXPIRY),
        (PermissionDeniedError("403"), Failure.PERMISSION),
        (RateLimitError("429"), Failure.RATE_LIMIT),
        (ContractChangeError("shape"), Failure.CONTRACT),
        (RecordError("amount"), Failure.CONTRACT),
        (PgpError("key"), Failure.CONTRACT),
        (ConfigurationError("option"), Failure.CONFIGURATION),
        (SettingsError("variable"), Failure.CONFIGURATION),
        (VaultKeyError("no key"), Failure.CONFIGURATION),
        (SecretSealedError("moved"), Failure.CONFIGURATION),
        (TransientError("500"), Failure.TRANSIENT),
        (PublishError("Kafka"), Failure.TRANSIENT),
        (TokenEndpointError("500"), Failure.TRANSIENT),
        (ValueError("a bug"), Failure.INTERNAL),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_error_has_a_meaning_and_a_next_step(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure
    assert action_of(error) == (error.fix if isinstance(error, ProducerError | VaultError) else action_for(failure))


@pytest.mark.parametrize(
    ("cause", "failure"),
    [(AuthorisationNeededError("again"), Failure.USER_INPUT), (AuthorisationExpiredError("over"), Failure.EXPIRY)],
)
def test_a_person_is_asked_for_though_the_kit_says_credentials(cause: Exception, failure: Failure) -> None:
    error = AuthenticationError(str(cause))
    error.__cause__ = cause
    assert failure_of(error) is failure
    assert action_of(error) == action_for(failure)


def test_the_words_of_a_foreign_error_are_not_told() -> None:
    assert told(ValueError("password=hunter2")) == "ValueError"
    assert told(TransientError("GET /x: 500")) == "TransientError: GET /x: 500"
