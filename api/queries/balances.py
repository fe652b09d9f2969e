"""The last good balances of a source, also while its provider is down: what its latest statements told, marked with its age.

They come from the stored statements, so nothing is fetched, and nothing that is shown here moves a watermark or is published.
Records have no such view: what a provider has booked meanwhile is unknown, and its watermark says how far they are complete.
"""

import datetime as dt
from dataclasses import dataclass

from psycopg import sql

from api.balance_models import Balance, Balances
from api.database import Database
from api.errors import NotFoundError
from api.models import Money, Sources, SourceStatus

__all__ = ["list_balances"]

_OLDEST = dt.timedelta(days=7)
_MOST = 1000

_LATEST = sql.SQL("""
SELECT DISTINCT ON (st.account_id, st.currency)
       st.account_id, st.currency, st.closing_minor, st.closing_date, st.statement_id, st.proof, st.raw_ref
FROM statement AS st JOIN source USING (source_id)
WHERE source.name = %s AND st.closing_minor IS NOT NULL AND st.account_id = coalesce(%s::text, st.account_id)
ORDER BY st.account_id, st.currency, st.closing_date DESC NULLS LAST, st.sequence DESC NULLS LAST, st.statement_id DESC
LIMIT %s
""")


@dataclass(frozen=True, slots=True)
class _Freshness:
    stale: bool
    age: dt.timedelta | None
    reason: str | None


def list_balances(database: Database, sources: Sources, source: str, account: str | None, now: dt.datetime) -> Balances:
    """The balances of a source, at most a thousand, by account and currency.

    Args:
        database: where the statements are.
        sources: every source, to tell how the one is.
        source: its name.
        account: only this account; every one when None.
        now: aware UTC time.

    Raises:
        NotFoundError: there is no such source.
    """
    status = next((one for one in sources.sources if one.name == source), None)
    if status is None:
        raise NotFoundError(f"there is no source {source!r}; `/v1/sources` lists them")
    fresh = _freshness(status, now)
    withheld = fresh.age is None or fresh.age > _OLDEST
    rows = [] if withheld else database.rows(_LATEST, [source, account, _MOST])
    return Balances(
        as_of=now,
        source=source,
        stale=fresh.stale,
        polled_at=status.last_success_at,
        age_seconds=None if fresh.age is None else int(fresh.age.total_seconds()),
        reason=fresh.reason,
        withheld=withheld,
        balances=[
            Balance(
                account_id=row["account_id"],
                closing=Money.of(row["closing_minor"], row["currency"]),
                closing_date=row["closing_date"],
                statement_id=row["statement_id"],
                proof=row["proof"],
                raw_ref=row["raw_ref"],
            )
            for row in rows
        ],
    )


def _freshness(status: SourceStatus, now: dt.datetime) -> _Freshness:
    age = None if status.last_success_at is None else max(dt.timedelta(0), now - status.last_success_at)
    if status.health == "healthy":
        return _Freshness(stale=False, age=age, reason=None)
    if status.health == "failing":
        return _Freshness(stale=True, age=age, reason=status.last_error)
    reason = "no poll has been complete yet" if age is None else "the source has not been polled for longer than it should be"
    return _Freshness(stale=True, age=age, reason=reason)
