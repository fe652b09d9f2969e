"""Replay: rebuild results from the log, from a time on, and show that the decisions are the same ones."""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from psycopg import Connection

from consumers.closing import ClosePass
from consumers.digest import decision_digests
from consumers.errors import ConsumerError
from consumers.offsets import stored_offsets
from consumers.rewind import rewind
from consumers.worker import Worker
from reconciler.reconciliation import Reconciliation
from reconduit.sources import SourceConfig

__all__ = ["Replay", "Replayed"]

_SECONDS = 30
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Replayed:
    """Outcome of a replay: records removed and read again, and the digests before and after, by reconciliation."""

    removed: int
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def equal(self) -> bool:
        """Whether every decision is the same."""
        return self.before == self.after


class Replay:
    """One replay over all sources. Workers of the same group may keep running; they take part."""

    def __init__(
        self,
        connection: Connection[Any],
        lookup: Consumer,
        sources: Sequence[SourceConfig],
        reconciliations: Sequence[Reconciliation],
        group: str,
    ) -> None:
        """Replay the topics of `sources`; `lookup` is a consumer without a group's assignment, for offsets by time."""
        self._connection = connection
        self._lookup = lookup
        self._sources = sources
        self._reconciliations = reconciliations
        self._group = group
        self._next_look = 0.0

    def run(self, since: dt.datetime | None, worker: Callable[[Callable[[], bool]], Worker]) -> Replayed:
        """Rewind to `since` (None: the beginning of the log), read up to where the log ends now, and close.

        Args:
            since: aware UTC; records that Kafka received at or after this time are read again.
            worker: makes a worker of the group that stops when the given function says so.

        Raises:
            ConsumerError: the log no longer reaches back to `since`.
        """
        topics = [topic for one in self._sources for topic in (one.transactions_topic, one.statements_topic)]
        places = list(stored_offsets(self._connection, self._group, topics))
        self._connection.rollback()
        closing = ClosePass(self._connection, self._sources, self._reconciliations)
        closing.run()
        before = self._digests()
        starts, ends = self._starts(places, since), self._ends(places)
        source_of = {one.transactions_topic: one.name for one in self._sources}
        removed = rewind(self._connection, self._group, starts, source_of, all_of_it=since is None)
        worker(lambda: self._caught_up(topics, ends)).run()
        ClosePass(self._connection, self._sources, self._reconciliations).run()
        return Replayed(removed, before, self._digests())

    def _digests(self) -> dict[str, str]:
        tenants = {one.tenant_id for one in self._sources}
        return {name: digest for tenant in sorted(tenants) for name, digest in decision_digests(self._connection, tenant).items()}

    def _starts(self, places: Sequence[tuple[str, int]], since: dt.datetime | None) -> dict[tuple[str, int], int]:
        starts = {}
        asked: dict[tuple[str, int], int] = {}
        if since is not None:
            milliseconds = int(since.timestamp() * 1000)
            partitions = [TopicPartition(topic, partition, milliseconds) for topic, partition in places]
            asked = {(one.topic, one.partition): one.offset for one in self._lookup.offsets_for_times(partitions, timeout=_SECONDS)}
        stored = stored_offsets(self._connection, self._group, {topic for topic, _ in places})
        self._connection.rollback()
        for topic, partition in places:
            low, high = self._lookup.get_watermark_offsets(TopicPartition(topic, partition), timeout=_SECONDS)
            found = asked.get((topic, partition), low)
            start = min(high if found < 0 else found, stored[topic, partition])
            if start < low or (since is None and low > 0):
                raise ConsumerError(f"{topic}/{partition}: the log begins at {low} now; what was before it cannot be rebuilt")
            starts[topic, partition] = start
        return starts

    def _ends(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return {
            (topic, partition): self._lookup.get_watermark_offsets(TopicPartition(topic, partition), timeout=_SECONDS)[1]
            for topic, partition in places
        }

    def _caught_up(self, topics: Sequence[str], ends: Mapping[tuple[str, int], int]) -> bool:
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK_SECONDS
        stored = stored_offsets(self._connection, self._group, topics)
        self._connection.rollback()
        return all(stored.get(place, 0) >= end for place, end in ends.items())
