"""Errors of connectors, formats and publishing, each marked retryable or terminal, with what an operator does about it.

```
ProducerError
├── ConfigurationError     terminal   the source's options are wrong
│   └── MissingSecretError terminal   a secret that the connector wants was never stored
├── AuthenticationError    terminal   credentials refused, also after one forced refresh
├── PermissionDeniedError  terminal   credentials fine, access not granted
├── LifecycleError         terminal   the access has ended: consent over, interface version retired, account closed
├── TransientError         retryable  connection, time-out, 5xx, body cut short
│   └── RateLimitError     retryable  429; `retry_after` seconds when the provider says
├── ContractChangeError    terminal   a response no longer has the documented shape
├── DataError              terminal   something that was read cannot be used
│   ├── RecordError        terminal   one record cannot be normalised: quarantine it, go on with the rest
│   │   └── FieldError     terminal   as RecordError, with a short code to group quarantine by
│   └── FileFormatError    terminal   one file cannot be read as its format: quarantine the file
│       ├── ArchiveError   terminal   an archive is hostile, encrypted, nested or broken: quarantine it whole
│       └── PgpError       terminal   a PGP message is not for our key, altered, or not signed as the feed demands
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
    "DataError",
    "FieldError",
    "FileFormatError",
    "LeaseLostError",
    "LifecycleError",
    "MissingSecretError",
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
        fix: what an operator does about an error of this class, in one sentence; the message has the particulars.
        answer: the provider's answer that led to it, where one came.
    """

    fix: ClassVar[str] = "Read the message, and report it with the log if it does not say what to do."
    answer: BadAnswer | None = None


class ConfigurationError(ProducerError):
    """The source's configuration is wrong; the message names the option."""

    fix: ClassVar[str] = "Correct the option, secret or address that the message names."


class MissingSecretError(ConfigurationError):
    """A secret that the connector wants is not there; the message names it."""

    fix: ClassVar[str] = "Store the secret that the message names."


class AuthenticationError(ProducerError):
    """The provider refuses the credentials."""

    fix: ClassVar[str] = "Store valid credentials, or authorise again at the provider."


class PermissionDeniedError(ProducerError):
    """The credentials are valid but lack the permission (scope, product, plan, IP allow-list)."""

    fix: ClassVar[str] = "Ask the provider for the product, the scope, the plan or the IP allow-listing that the message names."


class LifecycleError(ProducerError):
    """The access has ended, by time or by the provider: consent over, interface version retired, account closed."""

    fix: ClassVar[str] = "Renew the consent or the agreement with the provider, or move the source to the interface that took over."


class TransientError(ProducerError):
    """The provider failed in a way that passes: connection, time-out, 5xx, truncated body."""

    retryable: ClassVar[bool] = True
    fix: ClassVar[str] = "Wait: polling goes on by itself; if it lasts, look whether the provider and the network are up."


class RateLimitError(TransientError):
    """The provider's quota is used up.

    Attributes:
        retry_after: seconds the provider asks to wait, None when it does not say.
    """

    fix: ClassVar[str] = "Wait: polling goes on by itself; if it lasts, poll less often or ask the provider for a higher limit."

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ContractChangeError(ProducerError):
    """A response does not have the shape that the provider documents; a person must look."""

    fix: ClassVar[str] = "Compare the answer in quarantine with the provider's documents, then update Reconduit or the mapping."


class DataError(ProducerError):
    """Something that was read cannot be used; it goes to quarantine."""

    fix: ClassVar[str] = "Look at it in quarantine, and have it corrected and sent again by whoever made it."


class RecordError(DataError):
    """One record cannot be normalised; the rest of its page can."""

    fix: ClassVar[str] = "Look at the record in quarantine, then correct the mapping or have the provider correct the record."


class FieldError(RecordError):
    """One field of a record cannot be normalised.

    Attributes:
        reason: short code for quarantine, such as `amount`, `date` or `direction`.
    """

    fix: ClassVar[str] = "Look at the field in quarantine that the message names, then map it or have the provider correct it."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FileFormatError(DataError):
    """A file is not what its format says; the message has the position."""

    fix: ClassVar[str] = "Look at the position in the file that the message names, and ask the sender for a correct file."


class ArchiveError(FileFormatError):
    """An archive is not unpacked: hostile, encrypted, nested, over a limit, or broken."""

    fix: ClassVar[str] = "Ask the sender for a plain archive that is neither encrypted, nested nor over the limits."


class PgpError(FileFormatError):
    """A PGP message is not released: no key opens it, it was altered, or no pinned key signed it."""

    fix: ClassVar[str] = "Exchange keys with the sender anew, or ask for the file again if it was altered on its way."


class CursorConflictError(ProducerError):
    """Somebody else moved this source's cursor."""

    retryable: ClassVar[bool] = True
    fix: ClassVar[str] = "Stop all but one producer of the source; the one that is left goes on by itself."


class LeaseLostError(ProducerError):
    """The source's lease went to another holder; nothing that this process does may count any more."""

    fix: ClassVar[str] = "Nothing: the new holder of the lease polls the source."


class PublishError(ProducerError):
    """Kafka did not confirm every record of a page."""

    retryable: ClassVar[bool] = True
    fix: ClassVar[str] = "Look whether the brokers are up and the topics exist; polling goes on by itself."
