"""Errors of the engine. Its root is its own: the engine imports nothing else of Reconduit."""

from typing import ClassVar

__all__ = ["ConservationError", "ReconcilerError", "RulesError"]


class ReconcilerError(Exception):
    """The engine was given something it cannot work on. Never retryable: the same set gives the same answer."""

    retryable: ClassVar[bool] = False


class RulesError(ReconcilerError):
    """A reconciliation file is wrong; the message says `FILE:LINE: what, and what is allowed`."""


class ConservationError(ReconcilerError):
    """Records in are not the records out: something was lost or claimed twice. A bug, never a property of the data."""
