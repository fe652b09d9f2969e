"""Errors of the REST connector.

```
producers.errors.RecordError
└── FieldError     terminal   one field of one record cannot be mapped; the record goes to quarantine
```
"""

from producers.errors import RecordError

__all__ = ["FieldError"]


class FieldError(RecordError):
    """A record that goes to quarantine.

    Attributes:
        field: the field of the definition that could not be filled, such as `amount`.
        reason: short code to group by: `malformed_record`, `amount`, `currency`, `time`, or `unknown_` and the field whose map
            does not know the value.
    """

    def __init__(self, field: str, reason: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.reason = reason
