"""Nothing disappears: counts that must agree, per source and per reconciliation."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

__all__ = ["conservation_faults"]

# No record in two matches of one reconciliation, nor in a match and a break.
_CLAIMED_TWICE = """
SELECT reconciliation, count(*) FROM (
    SELECT reconciliation, member FROM (
        SELECT reconciliation, unnest(members) AS member FROM match_view
        UNION ALL
        SELECT DISTINCT reconciliation, unnest(members) FROM break_view) AS claims
    GROUP BY reconciliation, member HAVING count(*) > 1) AS twice
GROUP BY reconciliation
"""

_UNKNOWN_MEMBERS = """
SELECT d.reconciliation, count(*) FROM (
    SELECT reconciliation, unnest(members) AS member FROM match_view
    UNION ALL SELECT reconciliation, unnest(members) FROM break_view) AS d
WHERE NOT EXISTS (SELECT FROM transaction t WHERE t.txn_hash = d.member AND NOT t.superseded)
GROUP BY d.reconciliation
"""

_TWO_LIVE_REVISIONS = """
SELECT count(*) FROM (SELECT txn_hash FROM transaction WHERE NOT superseded GROUP BY txn_hash HAVING count(*) > 1) AS doubled
"""


def conservation_faults(connection: Connection[Any]) -> Iterator[str]:
    """What does not add up; nothing when everything does. Rolls back the read."""
    # Every member is looked at once; see consumers.digest.
    connection.execute("SET LOCAL enable_nestloop = off")
    for name, count in connection.execute(_CLAIMED_TWICE).fetchall():
        yield f"{name}: {count} records are in two decisions"
    for name, count in connection.execute(_UNKNOWN_MEMBERS).fetchall():
        yield f"{name}: {count} members of decisions are not live records"
    row = connection.execute(_TWO_LIVE_REVISIONS).fetchone()
    if row is not None and row[0]:
        yield f"{row[0]} records have two live revisions"
    connection.rollback()
