"""Whether a complete round is through: every source polled, everything published stored."""

from collections.abc import Sequence
from typing import Any

from confluent_kafka import Consumer
from psycopg import Connection

from consumers.offsets import stored_offsets
from consumers.topic_ends import ends_of_partition
from reconduit.sources import SourceConfig

__all__ = ["ROUNDS", "Ends", "all_polled", "caught_up", "log_ends"]

ROUNDS = 3
"""Complete polls before a source counts as read: a file must be seen unchanged twice before it is taken."""

_SECONDS = 10

Ends = dict[tuple[str, int], int]
"""End offset by (topic, partition)."""


def all_polled(connection: Connection[Any], sources: Sequence[SourceConfig]) -> dict[str, int]:
    """Complete polls of every source so far; rolls back the read."""
    rounds = dict.fromkeys((one.name for one in sources), 0)
    rounds |= dict(connection.execute("SELECT source, rounds FROM source_progress").fetchall())
    connection.rollback()
    return rounds


def log_ends(lookup: Consumer, sources: Sequence[SourceConfig]) -> Ends:
    """Where every topic ends now."""
    ends: Ends = {}
    metadata = lookup.list_topics(timeout=_SECONDS)
    for source in sources:
        for topic in (source.transactions_topic, source.statements_topic):
            for partition in metadata.topics[topic].partitions if topic in metadata.topics else ():
                ends[topic, partition] = ends_of_partition(lookup, topic, partition, _SECONDS)[1]
    return ends


def caught_up(connection: Connection[Any], group: str, ends: Ends) -> int:
    """How many records of the log before `ends` are still to be applied; rolls back the read."""
    stored = stored_offsets(connection, group, {topic for topic, _ in ends})
    connection.rollback()
    return sum(max(0, end - stored.get(place, 0)) for place, end in ends.items())
