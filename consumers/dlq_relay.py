"""Relaying what consumers set aside to the sources' dead-letter topics, `<source>_txns_dlq`.

A worker writes a bad message to `quarantine` in the transaction of its batch; nothing is sent to Kafka in there, because a send
cannot be rolled back. This relay reads the rows later, sends them, and marks those that the brokers have confirmed. A relay that
dies in between sends a row again (at least once); its key, the position of the message in the log, tells the copies.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from psycopg import Connection

from reconduit.faultpoint import faultpoint
from reconduit.sources import SourceConfig

__all__ = ["DlqRelay"]

log = structlog.get_logger()

_ROWS_A_TRANSACTION = 500
_DELIVERY_SECONDS = 10
_POLL_SECONDS = 0.1

_SELECT = """
SELECT quarantine_id, source, reason, detail, position, raw FROM quarantine
WHERE relayed_at IS NULL AND stage = 'consumer' AND source = ANY(%s) AND quarantine_id > %s
ORDER BY quarantine_id LIMIT %s FOR UPDATE SKIP LOCKED
"""


@dataclass(slots=True)
class _Delivery:
    """What became of the rows of one transaction."""

    pending: int = 0
    confirmed: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def report(self, number: int, error: KafkaError | None, _message: Message) -> None:
        self.pending -= 1
        if error is None:
            self.confirmed.append(number)
        else:
            self.errors.append(error.str())


class DlqRelay:
    """Sends quarantined messages on. One connection, one thread; several relays share the work."""

    def __init__(self, connection: Connection[Any], bootstrap_servers: str, sources: Sequence[SourceConfig]) -> None:
        """Relay for these sources; their dead-letter topics are made by their producers. Kafka is asked only when there is work."""
        self._connection = connection
        self._bootstrap = bootstrap_servers
        self._topics = {one.name: f"{one.transactions_topic}_dlq" for one in sources}
        self._producer: Producer | None = None

    def run(self) -> int:
        """Relay every row that waits; a row that Kafka refuses stays for the next run and is logged. Commits in steps.

        Returns:
            How many rows were confirmed and marked.
        """
        relayed = after = 0
        while True:
            with self._connection.transaction():
                rows = self._connection.execute(_SELECT, (list(self._topics), after, _ROWS_A_TRANSACTION)).fetchall()
                if not rows:
                    return relayed
                after = rows[-1][0]
                confirmed = self._send(rows)
                faultpoint("relay-before-mark")
                self._connection.execute("UPDATE quarantine SET relayed_at = now() WHERE quarantine_id = ANY(%s)", (confirmed,))
            relayed += len(confirmed)

    def _send(self, rows: Sequence[tuple[int, str, str, str, str, bytes]]) -> list[int]:
        """Ids of the rows that are in Kafka for certain."""
        delivery = _Delivery()
        producer = self._open()
        for number, source, reason, detail, position, raw in rows:
            headers = {"reason": reason, "detail": detail, "position": position, "stage": "consumer"}
            try:
                producer.produce(
                    self._topics[source],
                    raw,
                    position.encode(),
                    headers=[(name, text.encode()) for name, text in headers.items()],
                    on_delivery=partial(delivery.report, number),
                )
            except KafkaException as error:
                # Larger than a message may be: no reason to hold up the others.
                delivery.errors.append(f"{position}: {error.args[0].str()}")
            else:
                delivery.pending += 1
            producer.poll(0)
        deadline = time.monotonic() + 2 * _DELIVERY_SECONDS
        while delivery.pending and time.monotonic() < deadline:
            producer.poll(_POLL_SECONDS)
        if delivery.errors or delivery.pending:
            failed = len(rows) - len(delivery.confirmed)
            first = delivery.errors[0] if delivery.errors else "no delivery report in time"
            log.warning("dead_letters_not_relayed", rows=failed, first=first, detail="they stay in quarantine and are tried again")
        return delivery.confirmed

    def _open(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(
                {
                    "bootstrap.servers": self._bootstrap,
                    "client.id": "reconduit-dlq-relay",
                    "enable.idempotence": True,
                    "acks": "all",
                    "compression.type": "lz4",
                    "delivery.timeout.ms": _DELIVERY_SECONDS * 1000,
                    "logger": logging.getLogger("kafka"),
                }
            )
        return self._producer
