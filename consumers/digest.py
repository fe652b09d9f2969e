"""The decision digest of what stands in Postgres: equal after any replay, in any order, with any batching."""

import json
from typing import Any

from psycopg import Connection

from reconciler.digest import digest_of_lines

__all__ = ["decision_digests"]

# Members by name, not by hash or storage order; nothing that depends on when a decision was made.
_LINES = """
WITH decision AS (
    SELECT row_number() OVER () AS number, *
    FROM (SELECT reconciliation, 'match' AS kind, key, stage || ' ' || decision AS decided, amount_minor, currency, account_id,
                 sides, members
          FROM match_view WHERE tenant_id = %(tenant)s
          UNION ALL
          SELECT reconciliation, 'break', key, type, amount_minor, currency, account_id, sides, members
          FROM break_view WHERE tenant_id = %(tenant)s) AS standing),
named AS (
    SELECT number, array_agg(m.side || ' ' || s.name || '/' || t.txn_id ORDER BY m.side, s.name, t.txn_id) AS members
    FROM decision CROSS JOIN unnest(sides, members) AS m (side, txn_hash)
    JOIN transaction t ON t.txn_hash = m.txn_hash AND NOT t.superseded
    JOIN source s USING (source_id)
    GROUP BY number)
SELECT d.reconciliation, d.kind, d.key, d.decided, d.amount_minor, d.currency, d.account_id, named.members
FROM decision d LEFT JOIN named USING (number)
"""


def decision_digests(connection: Connection[Any], tenant: str) -> dict[str, str]:
    """Sha256 (hex) of every reconciliation's decisions, by its name; rolls back the read."""
    lines: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        # Everything is read once; before the tables are analysed the planner would rather look up each member by itself.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for name, *decision in cursor.execute(_LINES, {"tenant": tenant}):
            lines.setdefault(name, []).append(json.dumps(decision, ensure_ascii=False))
    connection.rollback()
    return {name: digest_of_lines(found) for name, found in sorted(lines.items())}
