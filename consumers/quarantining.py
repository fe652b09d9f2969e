"""Bad messages: rows of `quarantine` in the batch's own transaction, with reason, position, headers and the raw bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from consumers.batch import Batch

__all__ = ["DlqLimit", "Rejected", "quarantine"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message on its way to quarantine: its index in the batch, a short reason, and what exactly is wrong."""

    message: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class DlqLimit:
    """When a partition stops rather than drain into quarantine, as after a bad deployment of its producer.

    Attributes:
        max_ratio_percent: more bad messages than this in one batch halt the partition,
        min_messages: but only from this many bad ones on, so that a few in a quiet topic do not.
    """

    max_ratio_percent: int = 50
    min_messages: int = 100

    def exceeded(self, bad: int, total: int) -> bool:
        """Whether `bad` messages of `total` are too many."""
        return bad >= self.min_messages and bad * 100 > total * self.max_ratio_percent


def quarantine(connection: Connection[Any], batch: Batch, rejected: Iterable[Rejected], source_of: dict[str, str]) -> int:
    """Store rejected messages in the open transaction; a redelivery of the same position is stored once.

    Args:
        connection: in the batch's transaction.
        batch: where the messages are.
        rejected: which ones, and why.
        source_of: source name by topic.

    Returns:
        How many were given.
    """
    rows = [
        (
            source_of[batch.topics[one.message]],
            one.reason,
            one.detail,
            batch.position(one.message),
            batch.values[one.message] or b"",
        )
        for one in rejected
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO quarantine (source, stage, reason, detail, position, raw, headers) "
                "VALUES (%s, 'consumer', %s, %s, %s, %s, '{}') ON CONFLICT ON CONSTRAINT quarantine_once DO NOTHING",
                rows,
            )
    return len(rows)
