"""Errors of the Razorpay connector.

```
ProducerError
└── RecordError ── ItemError   terminal   one recon row cannot be normalised
```
"""

from producers.errors import RecordError

__all__ = ["ItemError"]


class ItemError(RecordError):
    """One recon row cannot be normalised.

    Attributes:
        reason: quarantine code, such as `amount` or `currency`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
