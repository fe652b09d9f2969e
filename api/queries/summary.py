"""Every reconciliation in numbers: match rate, breaks by type, and what is open by age and currency."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from psycopg import sql

from api.database import Database, Row
from api.models import AgeBucket, BreakTotal, Money, ReconciliationSummary, Summary

__all__ = ["AGES", "rate_text", "summarise"]

AGES: Final = ("0-1", "2-3", "4-7", "8-30", "30+")
"""Age buckets in days since booking, youngest first."""

_RECONCILIATIONS = sql.SQL("SELECT name, shape, version, digest FROM reconciliation ORDER BY name")
# On the tables instead of the views: the reconciliation's id groups faster than its name over a million matches.
_MATCHED = sql.SQL(
    "SELECT r.name, m.decision, m.final, sum(cardinality(m.members))::bigint AS records "
    "FROM match m JOIN reconciliation r USING (reconciliation_id) GROUP BY 1, 2, 3"
)
_OPEN = sql.SQL(
    "SELECT reconciliation AS name, type, currency, count(*) AS count, count(*) FILTER (WHERE final) AS final, "
    "sum(amount_minor)::text AS open FROM break_view GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_OPEN_RECORDS = sql.SQL(
    "SELECT reconciliation AS name, min(oldest) AS oldest, count(*) AS records FROM "
    "(SELECT reconciliation, member, min(booked_on) AS oldest FROM break_view, unnest(members) AS member GROUP BY 1, 2) AS open "
    "GROUP BY 1"
)
_AGEING = sql.SQL(
    "SELECT reconciliation AS name, currency, width_bucket(%s::date - booked_on, ARRAY[2, 4, 8, 31]) AS age, count(*) AS count, "
    "sum(amount_minor)::text AS open, coalesce(sum(amount_minor) FILTER (WHERE type = 'TIMING'), 0)::text AS expected "
    "FROM break_view GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_QUARANTINED = sql.SQL("SELECT count(*) AS count FROM quarantine")

_AUTO = 1


def rate_text(ppm: int | None) -> str:
    """A rate in millionths as text, rounded down so that "100 %" means every one: `rate_text(984199) == "98.41 %"`."""
    if ppm is None:
        return "no records yet"
    if ppm == 1_000_000:
        return "100 %"
    return f"{ppm // 10_000}.{ppm // 100 % 100:02d} %"


def _by_name(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["name"]].append(row)
    return groups


def _ageing(rows: Sequence[Row]) -> list[AgeBucket]:
    return [
        AgeBucket(
            age=AGES[row["age"]],
            count=row["count"],
            open=Money.of(int(row["open"]), row["currency"]),
            expected=Money.of(int(row["expected"]), row["currency"]),
        )
        for row in rows
    ]


def summarise(database: Database, now: dt.datetime) -> Summary:
    """Every reconciliation as of `now`, the time from which the age of open items counts (whole UTC days)."""
    matched = _by_name(database.rows(_MATCHED))
    opened = _by_name(database.rows(_OPEN))
    open_records = {row["name"]: row for row in database.rows(_OPEN_RECORDS)}
    ageing = _by_name(database.rows(_AGEING, [now.astimezone(dt.UTC).date()]))
    found = []
    for row in database.rows(_RECONCILIATIONS):
        name = row["name"]
        groups = matched.get(name, [])
        confirmed = sum(group["records"] for group in groups if group["decision"] == _AUTO)
        suggested = sum(group["records"] for group in groups if group["decision"] != _AUTO)
        still_open = open_records.get(name, {"records": 0, "oldest": None})
        records = confirmed + suggested + still_open["records"]
        ppm = confirmed * 1_000_000 // records if records else None
        totals = [
            BreakTotal(
                type=total["type"],
                final=total["final"],
                count=total["count"],
                open=Money.of(int(total["open"]), total["currency"]),
            )
            for total in opened.get(name, [])
        ]
        found.append(
            ReconciliationSummary(
                name=name,
                shape=row["shape"],
                version=row["version"],
                rules_digest=row["digest"],
                records=records,
                matched=confirmed,
                suggested=suggested,
                provisional=sum(group["records"] for group in groups if not group["final"]),
                match_rate_ppm=ppm,
                match_rate=rate_text(ppm),
                breaks=totals,
                ageing=_ageing(ageing.get(name, [])),
                oldest_open=still_open["oldest"],
            )
        )
    return Summary(as_of=now, reconciliations=found, quarantined=database.rows(_QUARANTINED)[0]["count"])
