"""How far a source is behind, as metrics."""

import datetime as dt

from prometheus_client import REGISTRY

from producers.kit.contract import Page
from producers.kit.source_lag import SourceLag
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction, StatementKind

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


def booked(hours_ago: int) -> CanonicalTransaction:
    return CanonicalTransaction(
        txn_id=str(hours_ago),
        source="lagging",
        account_id="A",
        amount_minor=1,
        currency="INR",
        direction=Direction.CREDIT,
        booked_at=NOW - dt.timedelta(hours=hours_ago),
        ingested_at=NOW,
    )


def complete(account: str, hours_ago: int | None) -> CanonicalStatement:
    return CanonicalStatement(
        statement_id=f"{account}:{hours_ago}",
        source="lagging",
        account_id=account,
        kind=StatementKind.WATERMARK,
        complete_through=None if hours_ago is None else NOW - dt.timedelta(hours=hours_ago),
        ingested_at=NOW,
    )


def shown() -> tuple[float | None, float | None]:
    """Hours since the newest booking, and since the time through which all accounts are complete."""
    names = ("recon_source_newest_booking_timestamp_seconds", "recon_source_complete_through_timestamp_seconds")
    newest, through = (REGISTRY.get_sample_value(name, {"source": "lagging"}) for name in names)
    return tuple(None if value is None else (NOW.timestamp() - value) / 3600 for value in (newest, through))  # type: ignore[return-value]


def test_the_newest_booking_and_the_account_that_is_furthest_behind() -> None:
    lag = SourceLag("lagging")
    lag.polled()
    assert shown() == (None, None), "nothing is claimed before something was seen"
    lag.published(Page({}, [booked(5), booked(2), booked(9)], [complete("A", 10), complete("B", 30), complete("C", None)]))
    assert shown() == (None, None), "a poll that is under way has not seen every account"
    lag.polled()
    assert shown() == (2, 30)
    lag.published(Page({}, [booked(7)], [complete("B", 4), complete("A", 50)]))
    lag.polled()
    assert shown() == (2, 10), "a late record and an older watermark take nothing back"
