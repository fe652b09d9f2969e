"""Errors of connectors, formats and publishing, each marked retryable or terminal.

```
ProducerError
├── ConfigurationError     terminal   the source's options are wrong
├── AuthenticationError    terminal   credentials refused, also after one forced refresh
├── PermissionDeniedError  terminal   credentials fine, access not granted
├── RateLimitError         retryable  429; `retry_after` seconds when the provider says
├── TransientError         retryable  connection, time-out, 5xx, body cut short
├── ContractChangeError    terminal   a response no longer has the documented shape
├── RecordError            terminal   one record cannot be normalised: quarantine it, go on with the rest
├── FileFormatError        terminal   one file cannot be read as its format: quarantine the file
│   ├── ArchiveError       terminal   an archive is hostile, encrypted, nested or broken: quarantine it whole
│   └── PgpError           terminal   a PGP message is not for our key, altered, or not signed as the feed demands
├── CursorConflictError    retryable  another process moved the cursor: start again from the stored one
├── LeaseLostError         terminal   another supervisor polls the source now: this process must end
└── PublishError           retryable  a delivery report said no, or did not come in time
```
"""

from dataclasses import dataclass
from typing import ClassVar

from reconduit.errors import ReconduitError

__all__ = [
    "ArchiveError",
    "AuthenticationError",
    "BadAnswer",
    "ConfigurationError",
    "ContractChangeError",
    "CursorConflictError",
    "FileFormatError",
    "LeaseLostError",
    "PermissionDeniedError",
    "PgpError",
    "ProducerError",
    "PublishError",
    "RateLimitError",
    "RecordError",
    "TransientError",
]


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """A provider's answer that could not be used, for quarantine.

    Attributes:
        reason: short code, such as `http_500` or `unreadable_body`.
        position: method and address without the query, which may hold secrets.
        body: the bytes as they came.
    """

    reason: str
    position: str
    body: bytes


class ProducerError(ReconduitError):
    """A source could not be read or published.

    Attributes:
        answer: the provider's answer that led to it, where one came.
    """

    answer: BadAnswer | None = None


class ConfigurationError(ProducerError):
    """The source's configuration is wrong; the message names the option."""


class AuthenticationError(ProducerError):
    """The provider refuses the credentials."""


class PermissionDeniedError(ProducerError):
    """The credentials are valid but lack the permission (scope, product, IP allow-list)."""


class TransientError(ProducerError):
    """The provider failed in a way that passes: connection, time-out, 5xx, truncated body."""

    retryable: ClassVar[bool] = True


class RateLimitError(TransientError):
    """The provider's quota is used up.

    Attributes:
        retry_after: seconds the provider asks to wait, None when it does not say.
    """

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ContractChangeError(ProducerError):
    """A response does not have the shape that the provider documents; a person must look."""


class RecordError(ProducerError):
    """One record cannot be normalised; the rest of its page can."""


class FileFormatError(ProducerError):
    """A file is not what its format says; the message has the position."""


class ArchiveError(FileFormatError):
    """An archive is not unpacked: hostile, encrypted, nested, over a limit, or broken."""


class PgpError(FileFormatError):
    """A PGP message is not released: no key opens it, it was altered, or no pinned key signed it."""


class CursorConflictError(ProducerError):
    """Somebody else moved this source's cursor."""

    retryable: ClassVar[bool] = True


class LeaseLostError(ProducerError):
    """The source's lease went to another holder; nothing that this process does may count any more."""


class PublishError(ProducerError):
    """Kafka did not confirm every record of a page."""

    retryable: ClassVar[bool] = True
