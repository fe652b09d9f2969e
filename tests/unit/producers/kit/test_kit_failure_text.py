import pytest

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    PermissionDeniedError,
    ProducerError,
    RateLimitError,
    TransientError,
)
from producers.kit.statements.failure_text import error_from_text, says_no_records


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Rate limit exceeded", RateLimitError),
        ("Too many requests", RateLimitError),
        ("Request timed out at host", TransientError),
        ("Host is temporarily unavailable", TransientError),
        ("Unable to process, please try again later", TransientError),
        ("EOD in progress", TransientError),
        ("User is not registered", PermissionDeniedError),
        ("IP not whitelisted", PermissionDeniedError),
        ("Invalid API key", AuthenticationError),
        ("Decryption failed: unable to decrypt", AuthenticationError),
        ("Invalid Account Number", ConfigurationError),
        ("URN is mandatory", ConfigurationError),
        ("FROMDATE invalid", ConfigurationError),
        ("Something else altogether", ContractChangeError),
        ("", ContractChangeError),
    ],
)
def test_words_decide_the_error(text: str, kind: type[ProducerError]) -> None:
    error = error_from_text("bank: statement of 1", "E7", text)
    assert type(error) is kind
    assert "bank: statement of 1" in str(error)
    assert "E7" in str(error)


@pytest.mark.parametrize("text", ["No records found", "NO TRANSACTION for the period", "Data not available", "no more records"])
def test_nothing_in_the_window_is_no_failure(text: str) -> None:
    assert says_no_records(text)


@pytest.mark.parametrize("text", ["Invalid account", "", "Transaction limit exceeded", "Record locked"])
def test_failures_are_not_mistaken_for_an_empty_window(text: str) -> None:
    assert not says_no_records(text)
