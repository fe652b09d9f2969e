"""Short transactions on a small pool of Postgres connections, read-only unless they are asked to write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from api.errors import DatabaseUnavailableError, QueryTimeoutError

__all__ = ["STATEMENT_TIMEOUT_SECONDS", "Connection", "Database", "Row"]

STATEMENT_TIMEOUT_SECONDS = 5
_WAIT_SECONDS = 3.0

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


def _configure(connection: Connection) -> None:
    connection.read_only = True
    with connection.transaction():
        connection.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'")
        connection.execute("SET idle_in_transaction_session_timeout = '30s'")
        connection.execute("SET timezone = 'UTC'")
        # Short queries: compiling them costs more than it saves, and a hash of a source's records should fit.
        connection.execute("SET jit = off")
        connection.execute("SET work_mem = '64MB'")


class Database:
    """Reads from the database at `dsn`; connects when first asked, and again after an outage."""

    def __init__(self, dsn: str, *, connections: int = 4) -> None:
        self._dsn = dsn
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            dsn,
            kwargs={"row_factory": dict_row, "connect_timeout": 3, "application_name": "reconduit-api"},
            min_size=0,
            max_size=connections,
            open=False,
            configure=_configure,
            check=ConnectionPool.check_connection,
            timeout=_WAIT_SECONDS,
            reconnect_timeout=_WAIT_SECONDS,
            name="api",
        )

    @property
    def dsn(self) -> str:
        """For work that needs connections of its own, such as a lock that is held while a provider answers."""
        return self._dsn

    def open(self) -> Self:
        """Start the pool; does not wait for Postgres."""
        self._pool.open(wait=False)
        return self

    def close(self) -> None:
        """Close every connection."""
        self._pool.close(timeout=2.0)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write; committed at the end, rolled back by an error.

        Raises:
            DatabaseUnavailableError: no connection, or no tables yet.
            QueryTimeoutError: a statement slower than STATEMENT_TIMEOUT_SECONDS.
        """
        with self._connected() as connection:
            connection.read_only = False
            try:
                with connection.transaction():
                    yield connection
            finally:
                connection.read_only = True

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except psycopg.errors.QueryCanceled as error:
            raise QueryTimeoutError(
                f"the query took longer than {STATEMENT_TIMEOUT_SECONDS} s; narrow it, for example by date or account"
            ) from error
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise DatabaseUnavailableError("the database has no tables of this version yet; run `reconduit migrate`") from error
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise DatabaseUnavailableError("Postgres does not answer; check that it runs and that DATABASE_URL is right") from error

    def rows(self, query: sql.SQL | sql.Composed, parameters: Sequence[object] = ()) -> list[Row]:
        """Every row of one statement, in a read-only transaction of its own.

        Raises:
            DatabaseUnavailableError: no connection, or no tables yet.
            QueryTimeoutError: slower than STATEMENT_TIMEOUT_SECONDS.
        """
        with self._connected() as connection:
            return connection.execute(query, parameters).fetchall()

    def ping(self) -> None:
        """Prove that Postgres answers and has the tables.

        Raises:
            DatabaseUnavailableError: it does not.
        """
        self.rows(sql.SQL("SELECT 1 FROM reconciliation LIMIT 1"))
