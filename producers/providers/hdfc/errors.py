"""Errors of the HDFC connector.

```
ProducerError
├── TransientError ── JoseFormatError          retryable  a message is cut short or is no compact JOSE
├── AuthenticationError ── JoseIntegrityError  terminal   a message was not made with the keys that are configured
└── RecordError ── LineError                   terminal   one statement line cannot be normalised
```
"""

from producers.errors import AuthenticationError, RecordError, TransientError

__all__ = ["JoseFormatError", "JoseIntegrityError", "LineError"]


class JoseFormatError(TransientError):
    """A body is no compact JWE or JWS: cut short on the way, or a gateway's HTML page."""


class JoseIntegrityError(AuthenticationError):
    """A message does not decrypt, does not verify, or uses an algorithm or key that was not agreed."""


class LineError(RecordError):
    """One statement line cannot be normalised.

    Attributes:
        reason: quarantine code, such as `amount` or `date`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
