"""Errors of the HDFC connector.

```
ProducerError
├── TransientError ── JoseFormatError          retryable  a message is cut short or is no compact JOSE
└── AuthenticationError ── JoseIntegrityError  terminal   a message was not made with the keys that are configured
```
"""

from producers.errors import AuthenticationError, TransientError

__all__ = ["JoseFormatError", "JoseIntegrityError"]


class JoseFormatError(TransientError):
    """A body is no compact JWE or JWS: cut short on the way, or a gateway's HTML page."""


class JoseIntegrityError(AuthenticationError):
    """A message does not decrypt, does not verify, or uses an algorithm or key that was not agreed."""
