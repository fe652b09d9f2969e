"""Throwing away what was made of the log from some offsets on, so that it is made again: the first half of a replay.

Everything happens in one transaction. Workers that are running notice by their compare-and-set and go on from the rewound offsets.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import Connection

from consumers.days_to_seal import note_every_day
from consumers.errors import ConsumerError
from consumers.locks import CLOSE_LOCK

__all__ = ["rewind"]


def rewind(
    connection: Connection[Any],
    group: str,
    offsets: Mapping[tuple[str, int], int],
    source_of: Mapping[str, str],
    *,
    all_of_it: bool,
) -> int:
    """Set the stored offsets back and remove what lies behind them; commits.

    Args:
        connection: not in a transaction.
        group: whose offsets.
        offsets: where each partition is to go on; a partition that is not stored yet, or not beyond, is left alone.
        source_of: source name by transactions topic.
        all_of_it: the offsets are the beginning of the log, so the tables are emptied rather than picked clean.

    Returns:
        How many records were removed.

    Raises:
        ConsumerError: a partition would move forward.
    """
    with connection.transaction():
        # A close pass that has read what is removed here must not write decisions about it afterwards.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (CLOSE_LOCK,))
        stored = connection.execute(
            "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer_group = %s "
            "ORDER BY topic, partition FOR UPDATE",
            (group,),
        ).fetchall()
        moves = []
        for topic, partition, now in stored:
            target = offsets.get((topic, partition), now)
            if target > now:
                raise ConsumerError(
                    f"{topic}/{partition}: the replay begins at {target}, only {now} was reached; choose an earlier time"
                )
            moves.append((topic, partition, target))
        # A day is sealed anew if it does not come out as before, also when nothing of it comes back.
        note_every_day(connection)
        removed = _empty(connection) if all_of_it else _pick_clean(connection, moves, source_of)
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE consumer_offset SET next_offset = %s, updated_at = now() "
                "WHERE consumer_group = %s AND topic = %s AND partition = %s",
                [(target, group, topic, partition) for topic, partition, target in moves],
            )
    return removed


def _empty(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM transaction").fetchone()
    connection.execute("TRUNCATE transaction, revised, match, break, statement, source_watermark")
    return row[0] if row is not None else 0


def _pick_clean(connection: Connection[Any], moves: Iterable[tuple[str, int, int]], source_of: Mapping[str, str]) -> int:
    connection.execute("CREATE TEMP TABLE removed (group_hash bigint, second_hash bigint, txn_hash bigint) ON COMMIT DROP")
    for topic, partition, target in moves:
        if topic in source_of:
            connection.execute(
                "WITH gone AS (DELETE FROM transaction t USING source s WHERE t.source_id = s.source_id AND s.name = %s "
                "AND t.kafka_partition = %s AND t.kafka_offset >= %s RETURNING t.group_hash, t.second_hash, t.txn_hash) "
                "INSERT INTO removed SELECT * FROM gone",
                (source_of[topic], partition, target),
            )
    connection.execute("CREATE INDEX ON removed (txn_hash)")
    # A decision about a removed record goes, and so does every decision about its groups: they are solved again with the record.
    for table in ("match", "break"):
        connection.execute(
            f"DELETE FROM {table} WHERE members && (SELECT array_agg(txn_hash) FROM removed) OR group_hash IN "
            "(SELECT group_hash FROM removed UNION SELECT second_hash FROM removed UNION SELECT txn_hash FROM removed)"
        )
    connection.execute("DELETE FROM revised WHERE txn_hash IN (SELECT txn_hash FROM removed)")
    connection.execute(
        "INSERT INTO revised SELECT txn_hash, max(revision) FROM transaction WHERE txn_hash IN (SELECT txn_hash FROM removed) "
        "GROUP BY txn_hash HAVING max(revision) > 0"
    )
    connection.execute(
        "UPDATE transaction t SET superseded = false WHERE t.superseded AND t.txn_hash IN (SELECT txn_hash FROM removed) "
        "AND t.revision = (SELECT max(revision) FROM transaction o WHERE o.txn_hash = t.txn_hash)"
    )
    row = connection.execute("SELECT count(*) FROM removed").fetchone()
    return row[0] if row is not None else 0
