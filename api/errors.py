"""Errors of the read API; each becomes a problem+json response."""

from typing import ClassVar

from reconduit.errors import ReconduitError

__all__ = ["ApiError", "BadCursorError", "DatabaseUnavailableError", "NotFoundError", "UnauthorizedError"]


class ApiError(ReconduitError):
    """A request that cannot be answered.

    Attributes:
        status: HTTP status code.
        slug: last part of the problem's `type` URI.
    """

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-request"


class UnauthorizedError(ApiError):
    """The bearer token is missing or wrong."""

    status = 401
    slug = "unauthorized"


class NotFoundError(ApiError):
    """There is no such thing."""

    status = 404
    slug = "not-found"


class BadCursorError(ApiError):
    """The cursor is not one of ours, or belongs to another filter."""

    slug = "bad-cursor"


class DatabaseUnavailableError(ApiError):
    """Postgres does not answer; try again."""

    retryable = True
    status = 503
    slug = "database-unavailable"
