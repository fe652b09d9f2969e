"""Lag and fee profiles of books: learnt from confirmed pairs period by period, kept, and compared with the one before."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import structlog
from psycopg import Connection
from psycopg.types.json import Jsonb

from consumers.book_records import Place
from reconciler.profiles import PairProfile, drift, profile_of_matches
from reconciler.types import Item, Outcome
from schemas.records import DEFAULT_TENANT

__all__ = ["LEAST_PAIRS", "count_drift", "learn_profile"]

log = structlog.get_logger()

LEAST_PAIRS = 200
"""Final pairs that make a period; fewer wait for more, so that a comparison can tell change from chance."""

_LATEST = """
SELECT through, profile FROM pair_profile
WHERE tenant_id = %s AND reconciliation = %s AND account_id = %s AND currency = %s ORDER BY pair_profile_id DESC LIMIT 1
"""


def learn_profile(
    connection: Connection[Any],
    *,
    reconciliation: str,
    sides: Sequence[str],
    place: Place,
    outcome: Outcome,
    items: Sequence[Item],
    tenant: str = DEFAULT_TENANT,
) -> bool:
    """Learn from the final pairs booked since the last profile, in the open transaction, once there are enough.

    What changed is kept with the profile and logged as `profile_drift`.

    Returns:
        Whether there is a new profile.
    """
    row = connection.execute(_LATEST, (tenant, reconciliation, *place)).fetchone()
    former = PairProfile.from_json(row[1]) if row is not None else None
    since = row[0] if row is not None else dt.date.min
    fresh = [match for match in outcome.matches if match.final and match.booked_on > since]
    if len(fresh) < LEAST_PAIRS:
        return False
    profile = profile_of_matches(fresh, items, sides)
    if profile.pairs < LEAST_PAIRS:
        return False
    changes = drift(former, profile) if former is not None else ()
    connection.execute(
        "INSERT INTO pair_profile (tenant_id, reconciliation, account_id, currency, through, profile, drift) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            tenant,
            reconciliation,
            *place,
            max(match.booked_on for match in fresh),
            Jsonb(profile.as_json()),
            Jsonb([asdict(one) for one in changes]),
        ),
    )
    if changes:
        told = "; ".join(one.text for one in changes)
        log.warning("profile_drift", reconciliation=reconciliation, account=place[0], currency=place[1], detail=told)
    return True


def count_drift(connection: Connection[Any]) -> dict[str, int]:
    """Changes that the latest profile of each book told, summed up by reconciliation."""
    rows = connection.execute(
        "SELECT reconciliation, sum(jsonb_array_length(drift))::bigint FROM pair_profile_view WHERE current GROUP BY 1"
    )
    return dict(rows.fetchall())
