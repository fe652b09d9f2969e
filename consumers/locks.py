"""The lock that keeps a match from being lost: the shards of the groups that a batch touches.

Two workers can hold halves of one group at once. Each takes the shards of its groups, in one order, and only then reads the
groups' members; so whoever comes second waits, and then sees the other's rows. A shard stands for all groups whose key hashes fall
into it: one lock instead of thousands of group rows (measured in `docs/decisions/0004-shard-locks.md`). Topics that are partitioned
by `schemas.keys.partition_of` have each shard in one partition number, so that workers meet only while partitions move.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from psycopg import Connection

from schemas.keys import SHARDS

__all__ = ["CLOSE_LOCK", "KeySpace", "closing_alone", "lock_shards", "shards_of"]

_CLASS = 7_266_100
"""First of the two 32-bit halves of our advisory lock keys; the key space is added to it."""


CLOSE_LOCK = 7_266_200
"""Advisory lock of whoever closes, or throws away what was closed (`consumers.rewind`)."""


class KeySpace(IntEnum):
    """Which of a record's keys a group is about."""

    REFERENCE = 0
    SETTLEMENT = 1


def shards_of(space: KeySpace, hashes: Iterable[int]) -> set[tuple[int, int]]:
    """Locks of the groups with these key hashes."""
    return {(_CLASS + space, shard) for shard in {hashed % SHARDS for hashed in hashes}}


def lock_shards(connection: Connection[Any], shards: set[tuple[int, int]]) -> None:
    """Hold `shards` until the transaction ends, waiting for whoever holds them; always in the same order, so nobody deadlocks."""
    ordered = sorted(shards)
    connection.execute(
        "SELECT pg_advisory_xact_lock(space, shard) FROM unnest(%s::int[], %s::int[]) AS locks (space, shard)",
        ([space for space, _ in ordered], [shard for _, shard in ordered]),
    )


@contextmanager
def closing_alone(connection: Connection[Any]) -> Iterator[None]:
    """Be the only close pass on this database, across transactions; waits for another one to end its round.

    A round reads records and watermarks first and writes decisions later. Of two rounds at once, the one that had read less could
    write last, and what it wrote would stand until something else changed.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", (CLOSE_LOCK,))
    connection.commit()
    try:
        yield
    finally:
        # A broken connection has lost its locks with its session, and what broke it is already on its way up.
        if not connection.closed:
            connection.rollback()
            connection.execute("SELECT pg_advisory_unlock(%s)", (CLOSE_LOCK,))
            connection.commit()
