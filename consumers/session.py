"""How a worker connects to Postgres: every query of the stream pass looks thousands of keys up in an index, and is planned so."""

from typing import Any

import psycopg
from psycopg import Connection

__all__ = ["connect_worker"]

# The tables grow much faster than they are analysed, so the planner would now and then read a whole table for one batch. Joining an
# array of keys by nested loop is right at every size; compiling such a short query (jit) never pays.
#
# A worker that is stopped inside a transaction (SIGSTOP, a paused machine) keeps its locks, and whoever takes its partitions over
# would wait for it; so the server ends its session. Solving the largest batch takes a few seconds.
_OPTIONS = (
    "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c jit=off -c statement_timeout=60s -c lock_timeout=30s "
    "-c idle_in_transaction_session_timeout=20s"
)


def connect_worker(dsn: str) -> Connection[Any]:
    """A connection for one worker: READ COMMITTED, no query or lock without a time-out."""
    return psycopg.connect(dsn, options=_OPTIONS, application_name="reconduit-worker")
