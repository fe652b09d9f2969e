"""Offsets beside results: `consumer_offset`, moved by compare-and-set inside the transaction that stores what they stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from consumers.errors import OffsetConflictError

__all__ = ["OffsetRange", "begin_partition", "move_offsets", "stored_offsets"]


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """What a batch takes from one partition: from the stored offset `start` to `end`, the next one to read."""

    topic: str
    partition: int
    start: int
    end: int


def stored_offsets(connection: Connection[Any], group: str, topics: Iterable[str]) -> Mapping[tuple[str, int], int]:
    """Next offset of every partition that the group has ever begun."""
    rows = connection.execute(
        "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer_group = %s AND topic = ANY(%s)",
        (group, list(topics)),
    )
    return {(topic, partition): offset for topic, partition, offset in rows}


def begin_partition(connection: Connection[Any], group: str, topic: str, partition: int, offset: int) -> None:
    """Record where a partition is begun for the first time; a no-op when somebody already has."""
    connection.execute(
        "INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        (group, topic, partition, offset),
    )


def move_offsets(connection: Connection[Any], group: str, ranges: Iterable[OffsetRange]) -> None:
    """Move each partition from `start` to `end` in the open transaction.

    Raises:
        OffsetConflictError: a stored offset is not `start`: another worker or a replay moved it. Roll back.
    """
    moves = sorted(ranges, key=lambda move: (move.topic, move.partition))
    # Rows are locked in one order first; an UPDATE alone would lock in the order of its plan.
    locked = connection.execute(
        "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer_group = %s "
        "AND (topic, partition) IN (SELECT * FROM unnest(%s::text[], %s::int[])) ORDER BY topic, partition FOR UPDATE",
        (group, [move.topic for move in moves], [move.partition for move in moves]),
    ).fetchall()
    stored = {(topic, partition): offset for topic, partition, offset in locked}
    for move in moves:
        found = stored.get((move.topic, move.partition))
        if found != move.start:
            raise OffsetConflictError(
                f"{move.topic}/{move.partition}: stored offset is {found}, the batch begins at {move.start}; going on from there"
            )
    connection.execute(
        "UPDATE consumer_offset SET next_offset = moves.next_offset, updated_at = now() "
        "FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS moves (topic, partition, next_offset) "
        "WHERE consumer_group = %s AND consumer_offset.topic = moves.topic AND consumer_offset.partition = moves.partition",
        ([move.topic for move in moves], [move.partition for move in moves], [move.end for move in moves], group),
    )
