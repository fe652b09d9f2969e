"""Who of the two could not prove who it is, from what OpenSSL says."""

import ssl

import httpx
import pytest

from producers.errors import AuthenticationError, TransientError
from producers.kit.http.status import network_error
from reconduit.tls_failures import refused_certificate, untrusted_server


def cut(reason: str) -> httpx.ReadError:
    """A connection that ended with an alert, wrapped as httpx does."""
    alert = ssl.SSLError(1, reason.lower())
    alert.reason = reason
    error = httpx.ReadError("the connection was closed")
    error.__context__ = alert
    return error


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "it wants one"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "certificate expired"),
        ("TLSV1_ALERT_UNKNOWN_CA", "unknown authority"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", None),
        ("UNEXPECTED_EOF_WHILE_READING", None),
    ],
)
def test_a_refused_client_certificate_is_no_passing_failure(reason: str, why: str | None) -> None:
    error = cut(reason)
    assert (refused_certificate(error), untrusted_server(error)) == (why, None)
    told = network_error(error, "GET /rows")
    assert type(told) is (TransientError if why is None else AuthenticationError)
    assert why is None or f"({why})" in str(told)


def test_an_error_without_tls_in_it_says_nothing_of_certificates() -> None:
    plain = httpx.ConnectError("refused")
    plain.__cause__ = ssl.SSLError(1, "no reason")
    assert (refused_certificate(plain), untrusted_server(plain)) == (None, None)
