"""Errors of the feed connector.

```
producers.errors.RecordError
└── FeedRecordError     terminal   one record of a feed cannot be normalised; it goes to quarantine
```
"""

from producers.errors import RecordError

__all__ = ["FeedRecordError"]


class FeedRecordError(RecordError):
    """A record that goes to quarantine.

    Attributes:
        reason: short code to group by: `malformed_record`, `amount`, `time`, `direction`, `status`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
