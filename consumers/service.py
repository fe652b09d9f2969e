"""The service that stores and reconciles: what a worker does with each batch.

`prepare` decodes and checks; it touches no database and may be thrown away on a rebalance. `apply` does the rest inside the
transaction that also moves the offsets.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.batch import Batch
from consumers.codes import SourceCodes, register_reconciliations
from consumers.columns import stored_columns
from consumers.contract_check import split_valid, split_valid_statements
from consumers.quarantining import DlqLimit, Rejected, quarantine
from consumers.sides import compile_reconciliation
from consumers.statements import store_statements
from consumers.stream_pass import Applied, StreamPass
from reconciler.reconciliation import Reconciliation, Shape
from reconduit import metrics
from reconduit.sources import SourceConfig
from schemas.catalogue import STATEMENT, TRANSACTION
from schemas.codec import BatchDecoder
from schemas.registry import SchemaIds

__all__ = ["Prepared", "ReconcileService"]


@dataclass(slots=True)
class Prepared:
    """A decoded batch.

    Attributes:
        transactions, statements: canonical columns with `message`, and for transactions their Kafka coordinates.
        rejected: messages for quarantine.
        halted: partitions that have too many of them; the batch's messages of these partitions must not be applied.
    """

    batch: Batch
    transactions: pl.DataFrame
    statements: pl.DataFrame
    rejected: list[Rejected] = field(default_factory=list)
    halted: set[tuple[str, int]] = field(default_factory=set)


class ReconcileService:
    """Stores transactions, statements and watermarks, and runs the stream pass. One per worker; not thread-safe.

    Args:
        sources: whose topics are read at first.
        reconciliations: what is matched.
        ids: writers' schemas.
        limit: of bad messages, before a partition halts.
        look: reads which sources there are now, for `refresh`; None: always `sources`.
    """

    def __init__(
        self,
        sources: Sequence[SourceConfig],
        reconciliations: Sequence[Reconciliation],
        ids: SchemaIds,
        limit: DlqLimit | None = None,
        *,
        look: Callable[[Connection[Any]], Sequence[SourceConfig]] | None = None,
    ) -> None:
        self._reconciliations = [one for one in reconciliations if one.shape is not Shape.STATEMENT]
        self._transactions = BatchDecoder(TRANSACTION, ids)
        self._statements = BatchDecoder(STATEMENT, ids)
        self._limit = limit if limit is not None else DlqLimit()
        self._look = look
        self._follow(sources)

    def _follow(self, sources: Sequence[SourceConfig]) -> None:
        self._sources = list(sources)
        self._source_of = {one.transactions_topic: one.name for one in sources}
        self._statement_topics = {one.statements_topic: one.name for one in sources}
        self._codes = SourceCodes(one.name for one in sources if one.partition_by == "settlement_id")
        self._pass: StreamPass | None = None

    @property
    def topics(self) -> list[str]:
        """Every topic that the service reads."""
        return [*self._source_of, *self._statement_topics]

    def start(self, connection: Connection[Any]) -> None:
        """Register sources and reconciliations; called once per connection, before the first batch. Commits."""
        known = self._codes.ensure(connection, [(one.tenant_id, one.name) for one in self._sources])
        codes = register_reconciliations(connection, self._reconciliations)
        compiled = [compile_reconciliation(one, code) for one, code in zip(self._reconciliations, codes, strict=True)]
        self._pass = StreamPass(compiled, known)

    def refresh(self, connection: Connection[Any]) -> bool:
        """Look which sources there are now; True when `topics` are others than before. Called between batches; commits."""
        if self._look is None:
            return False
        sources = list(self._look(connection))
        connection.rollback()
        if sources == self._sources:
            return False
        before = self.topics
        self._follow(sources)
        self.start(connection)
        return self.topics != before

    def prepare(self, batch: Batch) -> Prepared:
        """Decode and check a batch.

        Raises:
            RegistryError: the schema registry does not answer (retryable; the messages are not bad).
        """
        rejected: list[Rejected] = []
        transactions = self._decode(self._transactions, batch, batch.indexes(self._source_of.keys()), self._source_of, rejected)
        transactions, broken = split_valid(transactions)
        rejected += broken
        statements = self._decode(
            self._statements, batch, batch.indexes(self._statement_topics.keys()), self._statement_topics, rejected
        )
        statements, broken = split_valid_statements(statements)
        rejected += broken
        return Prepared(batch, transactions, statements, rejected, self._halted(batch, rejected))

    def refuse(self, batch: Batch, detail: str) -> Prepared:
        """A batch of one message that the database does not take: nothing to store, the message goes to quarantine."""
        prepared = self.prepare(batch.without(batch.ends.keys()))
        return Prepared(batch, prepared.transactions, prepared.statements, [Rejected(0, "refused_by_database", detail)])

    def apply(self, connection: Connection[Any], prepared: Prepared) -> Applied:
        """Store and solve a batch inside the caller's transaction, in which its offsets have been moved."""
        assert self._pass is not None, "start() comes first"
        quarantine(connection, prepared.batch, prepared.rejected, {**self._source_of, **self._statement_topics})
        codes = self._codes.known
        if not prepared.statements.is_empty():
            failed = store_statements(connection, prepared.statements, codes)
            if failed:
                metrics.BALANCE_PROOF_FAILURES.labels(source="all").inc(failed)
        if prepared.transactions.is_empty():
            return Applied(0, 0, {}, {})
        return self._pass.apply(connection, stored_columns(prepared.transactions, codes))

    def ensure_sources(self, connection: Connection[Any], prepared: Prepared) -> None:
        """Codes for every source in a prepared batch, in a transaction of their own before the batch's."""
        pairs: set[tuple[str, str]] = set()
        for frame in (prepared.transactions, prepared.statements):
            pairs.update(frame.select("tenant_id", "source").unique().iter_rows())
        self._codes.ensure(connection, pairs)

    def _decode(
        self, decoder: BatchDecoder, batch: Batch, indexes: list[int], source_of: dict[str, str], rejected: list[Rejected]
    ) -> pl.DataFrame:
        whole = len(indexes) == len(batch)
        decoded = decoder.decode(batch.values if whole else [batch.values[index] for index in indexes])
        rejected += [Rejected(indexes[bad.message], bad.reason, bad.detail) for bad in decoded.bad]
        messages = pl.Series("message", indexes, dtype=pl.UInt32).gather(decoded.frame["message"])
        return decoded.frame.with_columns(
            messages,
            pl.Series("topic_source", list(map(source_of.get, batch.topics)), dtype=pl.String).gather(messages),
            pl.Series("kafka_partition", batch.partitions, dtype=pl.Int16).gather(messages),
            pl.Series("kafka_offset", batch.offsets, dtype=pl.Int64).gather(messages),
        )

    def _halted(self, batch: Batch, rejected: Sequence[Rejected]) -> set[tuple[str, int]]:
        if not rejected:
            return set()
        bad: dict[tuple[str, int], int] = {}
        for one in rejected:
            place = (batch.topics[one.message], batch.partitions[one.message])
            bad[place] = bad.get(place, 0) + 1
        totals: dict[tuple[str, int], int] = {}
        for place in zip(batch.topics, batch.partitions, strict=True):
            totals[place] = totals.get(place, 0) + 1
        return {place for place, count in bad.items() if self._limit.exceeded(count, totals[place])}
