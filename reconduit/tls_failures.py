"""What a failed connection says about certificates: the server's, which we do not trust, or ours, which the server refuses."""

import ssl
from collections.abc import Iterator

__all__ = ["refused_certificate", "untrusted_server"]

# Alerts of RFC 8446, 6.2, as OpenSSL names them. A failed handshake may have other causes, so it is not among them.
_REFUSALS = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants one",
    "SSLV3_ALERT_BAD_CERTIFICATE": "bad certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "unsupported certificate",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "certificate revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "certificate expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "certificate unknown",
    "TLSV1_ALERT_UNKNOWN_CA": "unknown authority",
    "TLSV1_ALERT_ACCESS_DENIED": "access denied",
}


def untrusted_server(error: BaseException) -> str | None:
    """Why the server's certificate was not trusted, None when that was not it."""
    found = (one.verify_message for one in _causes(error) if isinstance(one, ssl.SSLCertVerificationError))
    return next(found, None)


def refused_certificate(error: BaseException) -> str | None:
    """Why the server refused the client certificate, or that there was none; None when that was not it.

    With TLS 1.3 the refusal comes after the handshake, and a connection that is reset may swallow it: then the next attempt tells.
    """
    reasons = (_REFUSALS.get(getattr(one, "reason", None) or "") for one in _causes(error) if isinstance(one, ssl.SSLError))
    return next(filter(None, reasons), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
