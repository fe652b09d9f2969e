"""Errors of consuming: decoding, storing and offsets."""

from typing import ClassVar

from reconduit.errors import ReconduitError

__all__ = ["ConsumerError", "OffsetConflictError", "PartitionHaltedError", "ReplayStalledError", "RuleVersionError"]


class ConsumerError(ReconduitError):
    """A batch could not be applied."""


class OffsetConflictError(ConsumerError):
    """The compare-and-set on an offset failed: another worker moved on, or a replay was asked for; go on from the stored one."""

    retryable: ClassVar[bool] = True


class PartitionHaltedError(ConsumerError):
    """A partition stops rather than lies: too many bad records in a row, or its offsets are gone. The message says which."""


class ReplayStalledError(ConsumerError):
    """A replay waits for a partition that nobody reads on; the message says which."""


class RuleVersionError(ConsumerError):
    """A rule file has changed and its version has not; the message says how to raise it."""
