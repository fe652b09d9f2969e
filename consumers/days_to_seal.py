"""Days of a keyed or settlement reconciliation that are to be sealed, noted by whoever changes what is final on them.

Rows are only added while groups are solved, never looked up, so that two workers do not wait for each other; the close pass takes
them away when the day is sealed.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection

from consumers.copying import bigints
from reconciler.reconciliation import Shape

__all__ = ["days_waiting", "delete_decisions", "finalise_matches", "note_days", "note_every_day", "settle_days"]

_DELETE = """
WITH gone AS (DELETE FROM {table} WHERE group_hash = ANY({groups}) AND reconciliation_id = %(code)s RETURNING final, booked_on)
INSERT INTO day_to_seal (reconciliation_id, booked_on) SELECT DISTINCT %(code)s::smallint, booked_on FROM gone WHERE final
"""
_EVERY = """
INSERT INTO day_to_seal (reconciliation_id, booked_on)
SELECT DISTINCT reconciliation_id, booked_on
FROM (SELECT reconciliation_id, booked_on FROM match WHERE final
      UNION ALL SELECT reconciliation_id, booked_on FROM break WHERE final) AS decided
JOIN reconciliation USING (reconciliation_id) WHERE shape <> %s
"""
_FINALISE = """
WITH final AS (
    UPDATE match SET final = true
    WHERE reconciliation_id = %(code)s AND NOT final AND booked_on <= %(due)s AND rule_version = %(version)s RETURNING booked_on)
INSERT INTO day_to_seal (reconciliation_id, booked_on) SELECT DISTINCT %(code)s::smallint, booked_on FROM final
"""
_WAITING = """
SELECT booked_on, array_agg(day_to_seal_id) FROM day_to_seal WHERE reconciliation_id = %s AND booked_on <= %s
GROUP BY 1 ORDER BY 1 LIMIT %s
"""


def delete_decisions(connection: Connection[Any], code: int, groups: Sequence[int]) -> None:
    """Take away what stands about some groups, in the open transaction, and note the days on which any of it was final."""
    listed = bigints(groups)
    for table in ("match", "break"):
        connection.execute(_DELETE.format(table=table, groups=listed), {"code": code})


def finalise_matches(connection: Connection[Any], code: int, due: dt.date, version: int) -> None:
    """Make the matches booked by `due` final, in the open transaction, as far as this version of the rules made them."""
    connection.execute(_FINALISE, {"code": code, "due": due, "version": version})


def note_days(connection: Connection[Any], code: int, days: Iterable[dt.date]) -> None:
    """Note days on which something became final, in the open transaction."""
    noted = sorted(set(days))
    if noted:
        connection.execute("INSERT INTO day_to_seal (reconciliation_id, booked_on) SELECT %s, unnest(%s::date[])", (code, noted))


def note_every_day(connection: Connection[Any]) -> None:
    """Note each day on which anything is final, in the open transaction that throws decisions away."""
    connection.execute(_EVERY, (Shape.STATEMENT,))


def days_waiting(connection: Connection[Any], code: int, due: dt.date, most: int) -> dict[dt.date, list[int]]:
    """The earliest days up to `due` that are to be sealed, `most` of them, each with the numbers of its rows."""
    return dict(connection.execute(_WAITING, (code, due, most)).fetchall())


def settle_days(connection: Connection[Any], rows: Sequence[int]) -> None:
    """Take rows away, in the transaction that seals their days."""
    connection.execute("DELETE FROM day_to_seal WHERE day_to_seal_id = ANY(%s)", (list(rows),))
