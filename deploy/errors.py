"""Errors of starting and stopping local services."""

from typing import ClassVar

from reconduit.errors import ReconduitError

__all__ = ["DeployError", "ServiceUnavailableError"]


class DeployError(ReconduitError):
    """A local service could not be set up; the message names the log file and the way out."""


class ServiceUnavailableError(DeployError):
    """A service did not become ready in time."""

    retryable: ClassVar[bool] = True
