"""A source's position in Postgres, moved by compare-and-set together with everything that a page leaves behind.

Cursor, counters, quarantine and ledger of files are one transaction, so that a page is accounted for wholly or not at all.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from producers.errors import BadAnswer, CursorConflictError, LeaseLostError, TransientError
from producers.kit.contract import BadRecord, Cursor, Page
from producers.kit.http.circuits import Circuit
from reconduit.sources import SourceConfig

__all__ = ["CursorStore", "StoredCursor"]

_STREAM = "default"
_LONGEST_POSITION = 1000
"""Bytes; the unique index over quarantine positions cannot hold more than about 2,700."""

_ADVANCE = """
UPDATE source_cursor SET cursor = %(cursor)s, version = version + 1, updated_at = now()
WHERE tenant_id = %(tenant)s AND source = %(source)s AND stream = %(stream)s AND version = %(version)s
"""
_CREATE = """
INSERT INTO source_cursor (tenant_id, source, stream, cursor, version)
VALUES (%(tenant)s, %(source)s, %(stream)s, %(cursor)s, 1) ON CONFLICT DO NOTHING
"""
_PROGRESS = """
INSERT INTO source_progress AS p (tenant_id, source, fetched, published)
VALUES (%(tenant)s, %(source)s, %(fetched)s, %(published)s)
ON CONFLICT (tenant_id, source)
DO UPDATE SET fetched = p.fetched + excluded.fetched, published = p.published + excluded.published
"""
_ROUND = """
INSERT INTO source_progress AS p (tenant_id, source, rounds, last_success_at, circuit, circuit_reason)
VALUES (%(tenant)s, %(source)s, 1, now(), %(circuit)s, %(circuit_reason)s)
ON CONFLICT (tenant_id, source) DO UPDATE SET rounds = p.rounds + 1, last_success_at = now(), last_error = NULL,
    circuit = excluded.circuit, circuit_reason = excluded.circuit_reason
"""
_ERROR = """
INSERT INTO source_progress (tenant_id, source, last_error, last_error_at, circuit, circuit_reason)
VALUES (%(tenant)s, %(source)s, %(error)s, now(), %(circuit)s, %(circuit_reason)s)
ON CONFLICT (tenant_id, source) DO UPDATE SET last_error = excluded.last_error, last_error_at = now(),
    circuit = excluded.circuit, circuit_reason = excluded.circuit_reason
"""
# A share lock: a holder that is about to take over waits for the commit in hand, and the one after it finds the other token.
_FENCE = """
SELECT FROM source_lease WHERE tenant_id = %(tenant)s AND source = %(source)s AND fencing_token = %(token)s FOR SHARE
"""
_QUARANTINE = """
INSERT INTO quarantine (source, stage, reason, detail, position, raw, headers)
VALUES (%s, 'producer', %s, %s, %s, %s, '{}') ON CONFLICT (source, position, reason) DO NOTHING
"""
_FILE = """
INSERT INTO file_ledger (tenant_id, source, sha256, path, size, outcome, entries)
VALUES (%(tenant_id)s, %(source)s, %(sha256)s, %(path)s, %(size)s, %(outcome)s, %(entries)s)
ON CONFLICT (tenant_id, source, sha256) DO UPDATE
SET outcome = excluded.outcome, entries = excluded.entries, finished_at = now()
"""


@dataclass(frozen=True, slots=True)
class StoredCursor:
    """A position as it is stored; version 0 says that nothing is stored yet."""

    cursor: Cursor
    version: int


class CursorStore:
    """The stored state of one source. Used by one thread; reconnects by itself after an error.

    Args:
        dsn: libpq URL.
        config: the source.
        connect: opens the connection.
        fencing_token: of the lease under which the source is polled; None where nobody else polls it.
        circuit: where the circuit to the provider stands, for who looks from outside; None for a source without one.
    """

    def __init__(
        self,
        dsn: str,
        config: SourceConfig,
        *,
        connect: Callable[..., psycopg.Connection[Any]] = psycopg.connect,
        fencing_token: int | None = None,
        circuit: Callable[[], Circuit | None] = lambda: None,
    ) -> None:
        self._dsn = dsn
        self._circuit = circuit
        self._connect = connect
        self._connection: psycopg.Connection[Any] | None = None
        self._fencing_token = fencing_token
        self._names = {"tenant": config.tenant_id, "source": config.name, "stream": _STREAM}

    def load(self) -> StoredCursor:
        """The last confirmed position; `{}` at version 0 for a source that never ran.

        Raises:
            TransientError: Postgres is away.
        """
        query = """SELECT cursor, version FROM source_cursor
                   WHERE tenant_id = %(tenant)s AND source = %(source)s AND stream = %(stream)s"""
        with self._transaction() as connection:
            row = connection.execute(query, self._names).fetchone()
        return StoredCursor({}, 0) if row is None else StoredCursor(row[0], row[1])

    def commit_page(self, stored: StoredCursor, page: Page) -> StoredCursor:
        """Move the cursor to the end of a published page, and account for the page, in one transaction.

        Args:
            stored: the position that the page was fetched from.
            page: everything in it is confirmed by Kafka.

        Returns:
            The new position.

        Raises:
            CursorConflictError: the stored position is no longer `stored`; nothing was written.
            LeaseLostError: somebody else has the source's lease; nothing was written.
            TransientError: Postgres is away; whether the page was committed shows when the position is loaded again.
        """
        # Sorted text rather than the mapping itself, so that equal cursors are equal rows.
        cursor = Jsonb(dict(page.cursor), dumps=lambda value: json.dumps(value, sort_keys=True))
        values = self._names | {
            "cursor": cursor,
            "version": stored.version,
            "fetched": page.fetched,
            "published": len(page.transactions),
        }
        with self._transaction() as connection:
            self._check_lease(connection)
            moved = connection.execute(_ADVANCE if stored.version else _CREATE, values).rowcount
            if moved != 1:
                raise CursorConflictError(
                    f"source {self._names['source']}: the cursor is no longer at version {stored.version}; "
                    "another producer runs for this source"
                )
            connection.execute(_PROGRESS, values)
            with connection.cursor() as many:
                if page.bad:
                    many.executemany(_QUARANTINE, [self._quarantine_row(bad) for bad in page.bad])
                if page.files:
                    keys = {"tenant_id": self._names["tenant"], "source": self._names["source"]}
                    many.executemany(_FILE, [dict(row) | keys for row in page.files])
        return StoredCursor(page.cursor, stored.version + 1)

    def complete_round(self) -> None:
        """A poll ended with everything published.

        Raises:
            TransientError: Postgres is away.
        """
        with self._transaction() as connection:
            connection.execute(_ROUND, self._names | self._circuit_columns())

    def record_error(self, error: str, answer: BadAnswer | None = None) -> None:
        """Remember what went wrong, for the page that shows a source's health, and keep the answer that led to it in quarantine.

        One row is kept for each address and reason, however often it happens; the next poll asks again, so nothing is lost.

        Raises:
            TransientError: Postgres is away.
        """
        with self._transaction() as connection:
            connection.execute(_ERROR, self._names | {"error": _storable(error)} | self._circuit_columns())
            if answer is not None:
                bad = BadRecord(answer.reason, error, answer.position, answer.body)
                connection.execute(_QUARANTINE, self._quarantine_row(bad))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _check_lease(self, connection: psycopg.Connection[Any]) -> None:
        token = self._fencing_token
        if token is not None and connection.execute(_FENCE, self._names | {"token": token}).rowcount != 1:
            raise LeaseLostError(
                f"source {self._names['source']}: the lease with token {token} went to somebody else; this producer ends"
            )

    def _circuit_columns(self) -> dict[str, str | None]:
        circuit = self._circuit()
        if circuit is None:
            return {"circuit": None, "circuit_reason": None}
        return {"circuit": circuit.state, "circuit_reason": None if circuit.reason is None else _storable(circuit.reason)}

    def _quarantine_row(self, bad: BadRecord) -> tuple[str, str, str, str, bytes]:
        position = _storable(bad.position)
        if len(position.encode()) > _LONGEST_POSITION:
            digest = sha256(position.encode()).hexdigest()[:16]
            position = f"{position.encode()[: _LONGEST_POSITION - 40].decode(errors='ignore')}...sha256:{digest}"
        return self._names["source"], _storable(bad.reason), _storable(bad.detail), position, bad.raw

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction on a live connection; a broken one is dropped, and opened anew at the next call."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect(
                    self._dsn, connect_timeout=5, application_name="reconduit-produce", options="-c statement_timeout=30s"
                )
            with self._connection.transaction():
                yield self._connection
        except psycopg.OperationalError as error:
            self.close()
            raise TransientError(f"Postgres: {type(error).__name__}: {error}; check DATABASE_URL and the server") from error


def _storable(text: str) -> str:
    """Postgres texts hold no NUL character; show it instead."""
    return text.replace("\x00", "\\x00")
