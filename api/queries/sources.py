"""Every source: what it fetched, published and stored, how fresh it is, and whether it is well."""

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from psycopg import sql

from api.database import Database, Row
from api.models import Sources, SourceStatus

__all__ = ["describe_sources", "health_of", "patience_for"]

_MISSED_POLLS = 5
DEFAULT_PATIENCE = dt.timedelta(minutes=15)
"""How old the last success may be when nothing is known about how often the source is polled."""

_STATEMENT = sql.SQL("""
WITH stored AS (SELECT source_id, count(*) AS stored FROM transaction GROUP BY source_id),
     watermark AS (SELECT source_id, min(complete_through) AS complete_through FROM source_watermark GROUP BY source_id),
     progress AS (
         SELECT source AS name, sum(fetched)::bigint AS fetched, sum(published)::bigint AS published,
                sum(rounds)::bigint AS rounds, max(last_success_at) AS last_success_at, max(last_error_at) AS last_error_at,
                (array_agg(last_error ORDER BY last_error_at DESC NULLS LAST))[1] AS last_error,
                (array_agg(circuit ORDER BY circuit = 'closed' NULLS LAST))[1] AS circuit,
                (array_agg(circuit_reason ORDER BY circuit = 'closed' NULLS LAST))[1] AS circuit_reason
         FROM source_progress GROUP BY source),
     quarantined AS (SELECT source AS name, count(*) AS quarantined FROM quarantine GROUP BY source),
     furthest AS (SELECT topic, partition, max(next_offset) AS next_offset FROM consumer_offset GROUP BY topic, partition),
     consumed AS (SELECT topic, sum(next_offset)::bigint AS consumed FROM furthest GROUP BY topic),
     known AS (SELECT name, sum(stored)::bigint AS stored, min(complete_through) AS complete_through
               FROM source LEFT JOIN stored USING (source_id) LEFT JOIN watermark USING (source_id) GROUP BY name),
     names AS (SELECT name FROM known UNION SELECT name FROM progress UNION SELECT name FROM quarantined)
SELECT name, fetched, published, rounds, coalesce(stored, 0) AS stored, coalesce(quarantined, 0) AS quarantined,
       last_success_at, last_error_at, last_error, circuit, circuit_reason, complete_through, consumed,
       (SELECT max(i.poll_seconds) FROM integration i WHERE i.name = names.name) AS poll_seconds
FROM names LEFT JOIN known USING (name) LEFT JOIN progress USING (name) LEFT JOIN quarantined USING (name)
     LEFT JOIN consumed ON topic = name || '_txns'
ORDER BY name
""")

Health = Literal["healthy", "stale", "failing", "waiting"]


def health_of(
    last_success: dt.datetime | None, last_error: dt.datetime | None, *, now: dt.datetime, patience: dt.timedelta
) -> Health:
    """failing: the last poll ended in an error; stale: no success within `patience`; waiting: no poll has ended yet."""
    if last_error is not None and (last_success is None or last_error > last_success):
        return "failing"
    if last_success is None:
        return "waiting"
    return "stale" if now - last_success > patience else "healthy"


def patience_for(poll_seconds: int) -> dt.timedelta:
    """How long a source that is polled so often may go without a success: five polls, at least a minute."""
    return dt.timedelta(seconds=max(60, _MISSED_POLLS * poll_seconds))


def _patience_of(row: Row, from_file: Mapping[str, dt.timedelta]) -> dt.timedelta:
    if row["name"] in from_file:
        return from_file[row["name"]]
    return DEFAULT_PATIENCE if row["poll_seconds"] is None else patience_for(row["poll_seconds"])


def _lag(row: Row) -> int | None:
    if row["published"] is None or row["consumed"] is None:
        return None
    # A producer that crashed before it counted has published more than it says; less than nothing is never waiting.
    return max(0, int(row["published"] - row["consumed"]))


def describe_sources(database: Database, now: dt.datetime, patience: Mapping[str, dt.timedelta]) -> Sources:
    """Every source by name.

    `patience` is how old the last success of a source of the sources file may be before it counts as stale; that of an integration
    follows from how often it is polled.
    """
    found = [
        SourceStatus(
            health=health_of(row["last_success_at"], row["last_error_at"], now=now, patience=_patience_of(row, patience)),
            lag_records=_lag(row),
            **{name: value for name, value in row.items() if name not in {"consumed", "poll_seconds"}},
        )
        for row in database.rows(_STATEMENT)
    ]
    return Sources(as_of=now, sources=found)
