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
from consumers.errors import ConsumerError, PartitionHaltedError, ReplayStalledError
from consumers.locks import closing_alone
from consumers.offsets import stored_offsets
from consumers.rewind import rewind
from consumers.topic_ends import ends_of_partition
from consumers.worker import Worker
from reconciler.reconciliation import Reconciliation
from reconduit.sources import SourceConfig

__all__ = ["STALL_SECONDS", "Replay", "Replayed"]

_SECONDS = 30
_PLACES_TOLD = 5
_LOOK_SECONDS = 0.2
STALL_SECONDS = 120
"""How long no partition may move while some are behind; longer than a group needs to give away what a killed worker had."""


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
        patience: float = STALL_SECONDS,
    ) -> None:
        """Replay the topics of `sources`.

        Args:
            connection: not in a transaction.
            lookup: a consumer without a group's assignment, for offsets by time.
            sources: whose topics.
            reconciliations: what is solved again.
            group: whose results.
            patience: seconds that no partition may move while some are behind.
        """
        self._connection = connection
        self._lookup = lookup
        self._sources = sources
        self._reconciliations = reconciliations
        self._group = group
        self._patience = patience

    def run(self, since: dt.datetime | None, worker: Callable[[Callable[[], bool]], Worker]) -> Replayed:
        """Rewind to `since` (None: the beginning of the log), read up to where the log ends now, and close.

        Args:
            since: aware UTC; records that Kafka received at or after this time are read again.
            worker: makes a worker of the group that stops when the given function says so.

        Raises:
            ConsumerError: the log no longer reaches back to `since`.
            PartitionHaltedError: our worker stopped a partition that is behind.
            ReplayStalledError: nothing moved for `patience` seconds, as when another worker has stopped a partition.
        """
        topics = [topic for one in self._sources for topic in (one.transactions_topic, one.statements_topic)]
        places = list(stored_offsets(self._connection, self._group, topics))
        self._connection.rollback()
        closing = ClosePass(self._connection, self._sources, self._reconciliations)
        closing.run()
        before = self._digests()
        starts, ends = self._starts(places, since), self._ends(places)
        source_of = {one.transactions_topic: one.name for one in self._sources}
        # Nobody closes meanwhile: what is not read again yet would be taken for missing, and sealed so.
        with closing_alone(self._connection):
            removed = rewind(self._connection, self._group, starts, source_of, all_of_it=since is None)
            self._read_again(_Progress(ends), topics, worker)
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
            low, high = ends_of_partition(self._lookup, topic, partition, _SECONDS)
            found = asked.get((topic, partition), low)
            start = min(high if found < 0 else found, stored[topic, partition])
            if start < low or (since is None and low > 0):
                raise ConsumerError(f"{topic}/{partition}: the log begins at {low} now; what was before it cannot be rebuilt")
            starts[topic, partition] = start
        return starts

    def _ends(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return {(topic, partition): ends_of_partition(self._lookup, topic, partition, _SECONDS)[1] for topic, partition in places}

    def _read_again(self, progress: "_Progress", topics: Sequence[str], worker: Callable[[Callable[[], bool]], Worker]) -> None:
        """Work until every partition is where the log ended, or one is found that will not come there."""

        def look() -> bool:
            if progress.look_is_due():
                progress.note(stored_offsets(self._connection, self._group, topics), reader.halted)
                self._connection.rollback()
            return not progress.behind or bool(progress.halted) or progress.still_for > self._patience

        reader = worker(look)
        reader.run()
        if not progress.behind:
            return
        if progress.halted:
            told = "; ".join(f"{topic}/{partition}: {reason}" for (topic, partition), reason in sorted(progress.halted.items()))
            raise PartitionHaltedError(f"the replay has ended early and can be asked for again once this is mended: {told}")
        places = ", ".join(progress.told(place) for place in sorted(progress.behind)[:_PLACES_TOLD])
        raise ReplayStalledError(
            f"nothing was read again for {self._patience:g} s, and {len(progress.behind)} partitions are behind ({places}); "
            "look at the gauge recon_partition_halted and the logs of the group's other workers, then ask for the replay again"
        )


class _Progress:
    """How far the stored offsets have come to where the log ended."""

    def __init__(self, ends: Mapping[tuple[str, int], int]) -> None:
        self.behind = {place for place, end in ends.items() if end > 0}
        self.halted: Mapping[tuple[str, int], str] = {}
        self._ends = ends
        self._stored: Mapping[tuple[str, int], int] = {}
        self._moved_at = time.monotonic()
        self._next_look = 0.0

    @property
    def still_for(self) -> float:
        """Seconds since anything moved."""
        return time.monotonic() - self._moved_at

    def look_is_due(self) -> bool:
        """Whether it is time to look at the stored offsets again; asked between any two steps of a worker."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK_SECONDS
        return True

    def note(self, stored: Mapping[tuple[str, int], int], halted: Mapping[tuple[str, int], str]) -> None:
        """Take in what the stored offsets are now, and which partitions our worker has stopped."""
        if stored != self._stored:
            self._stored, self._moved_at = dict(stored), time.monotonic()
        self.behind = {place for place, end in self._ends.items() if stored.get(place, 0) < end}
        # Kept here, for a worker that has left its group has no partitions any more.
        self.halted = {place: reason for place, reason in halted.items() if place in self.behind}

    def told(self, place: tuple[str, int]) -> str:
        """Where a partition is."""
        return f"{place[0]}/{place[1]} at {self._stored.get(place, 0)} of {self._ends[place]}"
