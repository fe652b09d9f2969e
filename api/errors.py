"""Errors of the read API; each becomes a problem+json response."""

from typing import ClassVar

from reconduit.errors import ReconduitError

__all__ = [
    "AccessRefusedError",
    "ApiError",
    "AuthorisationRefusedError",
    "BadCursorError",
    "BadFilterError",
    "BadMembersError",
    "BodyTooLargeError",
    "BrokenBodyError",
    "BusyError",
    "ConflictError",
    "DatabaseUnavailableError",
    "ForeignOriginError",
    "IdempotencyKeyError",
    "NotFoundError",
    "PreconditionFailedError",
    "ProviderFailedError",
    "ProviderUnavailableError",
    "QueryTimeoutError",
    "SlowBodyError",
    "UnauthorizedError",
    "UnknownHostError",
    "VaultClosedError",
]


class AccessRefusedError(ReconduitError):
    """The API may not start like this: it would answer without authentication to more than this machine."""


class ApiError(ReconduitError):
    """A request that cannot be answered.

    Attributes:
        status: HTTP status code.
        slug: last part of the problem's `type` URI.
    """

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-request"


class UnauthorizedError(ApiError):
    """The bearer token or the session is missing or wrong."""

    status = 401
    slug = "unauthorized"


class ForeignOriginError(ApiError):
    """A form was sent from a page of another site."""

    status = 403
    slug = "foreign-origin"


class NotFoundError(ApiError):
    """There is no such thing."""

    status = 404
    slug = "not-found"


class BadCursorError(ApiError):
    """The cursor is not one of ours, or belongs to another filter."""

    slug = "bad-cursor"


class BadFilterError(ApiError):
    """A filter has a value that cannot be meant."""

    status = 422
    slug = "invalid-parameters"


class BadMembersError(ApiError):
    """The records of a decision cannot be decided about together."""

    status = 422
    slug = "bad-members"


class IdempotencyKeyError(ApiError):
    """An Idempotency-Key came again with another request."""

    status = 422
    slug = "idempotency-key-reused"


class ConflictError(ApiError):
    """What stands contradicts the request."""

    status = 409
    slug = "conflict"


class PreconditionFailedError(ApiError):
    """What the change was meant for has been changed by somebody else."""

    status = 412
    slug = "precondition-failed"


class VaultClosedError(ApiError):
    """Secrets can neither be stored nor opened: the process has no key, or the database is away."""

    status = 503
    slug = "vault-closed"


class AuthorisationRefusedError(ApiError):
    """An OAuth authorisation that does not stand: it was not asked for in this session, or a person must authorise first."""

    status = 409
    slug = "authorisation-refused"


class ProviderFailedError(ApiError):
    """A provider refuses, or answers what cannot be understood."""

    status = 502
    slug = "provider-failed"


class ProviderUnavailableError(ApiError):
    """A provider does not answer, or asks to come back later."""

    retryable = True
    status = 503
    slug = "provider-unavailable"


class UnknownHostError(ApiError):
    """The Host header names another machine: a sign of DNS rebinding."""

    status = 421
    slug = "unknown-host"


class BodyTooLargeError(ApiError):
    """The body is longer than allowed."""

    status = 413
    slug = "content-too-large"


class SlowBodyError(ApiError):
    """The body did not arrive in time."""

    retryable = True
    status = 408
    slug = "request-timeout"


class BrokenBodyError(ApiError):
    """The body was cut off, or is not as long as announced."""


class BusyError(ApiError):
    """Too much is in hand; try again."""

    retryable = True
    status = 503
    slug = "busy"


class DatabaseUnavailableError(ApiError):
    """Postgres does not answer, or has no tables yet; try again."""

    retryable = True
    status = 503
    slug = "database-unavailable"


class QueryTimeoutError(ApiError):
    """The query took longer than the statement timeout; narrow it."""

    retryable = True
    status = 503
    slug = "query-timeout"
