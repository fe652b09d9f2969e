"""Errors of the REST connector.

```
producers.errors.FieldError
└── MappingError     terminal   a rule of the definition does not fit a record; the record goes to quarantine
```
"""

from producers.errors import FieldError

__all__ = ["MappingError"]


class MappingError(FieldError):
    """A record that goes to quarantine.

    Attributes:
        field: the field of the definition that could not be filled, such as `amount`.
        reason: short code to group by: `malformed_record`, `amount`, `currency`, `time`, or `unknown_` and the field whose map
            does not know the value.
    """

    def __init__(self, field: str, reason: str, message: str) -> None:
        super().__init__(reason, f"{field}: {message}")
        self.field = field
