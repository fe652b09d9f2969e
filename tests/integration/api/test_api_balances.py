"""Balances of a source: fresh while it answers, marked stale with their age while it is down, and not for ever."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.database import Database
from api.models import Sources
from api.queries.balances import list_balances
from api.queries.sources import describe_sources
from tests.integration.api.seeding import NOW


def get(client: httpx.Client, source: str, **query: Any) -> Any:
    answer = client.get(f"/v1/sources/{source}/balances", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def database(seeded_url: str) -> Iterator[Database]:
    opened = Database(seeded_url).open()
    yield opened
    opened.close()


def failing(sources: Sources, last_error: str) -> Sources:
    """The same sources, each with an error after its last success."""
    down = [one.model_copy(update={"health": "failing", "last_error": last_error}) for one in sources.sources]
    return sources.model_copy(update={"sources": down})


def test_the_latest_closing_balance_of_each_account(client: httpx.Client) -> None:
    told = get(client, "icici")
    assert (told["stale"], told["reason"], told["withheld"], told["age_seconds"]) == (False, None, False, 60)
    assert [(one["account_id"], one["closing"], one["closing_date"], one["proof"]) for one in told["balances"]] == [
        ("A1", {"minor_units": "25050", "currency": "INR", "exponent": 2}, "2026-03-19", "PROVED"),
        ("A2", {"minor_units": "7000", "currency": "JPY", "exponent": 0}, "2026-03-19", "PROVED"),
    ]
    assert [one["account_id"] for one in get(client, "icici", account="A2")["balances"]] == ["A2"]
    assert get(client, "core")["balances"] == []


def test_an_unknown_source_is_not_found(client: httpx.Client) -> None:
    assert client.get("/v1/sources/nobody/balances").status_code == 404
    assert client.get("/v1/sources/icici/balances", params={"account": "\x00"}).status_code == 422


def test_while_the_provider_is_down_the_last_good_balances_are_given_as_stale(database: Database) -> None:
    sources = describe_sources(database, NOW, {})
    good = list_balances(database, sources, "icici", None, NOW)
    later = NOW + dt.timedelta(hours=3)
    down = list_balances(database, failing(sources, "TransientError: 503"), "icici", None, later)
    assert down.balances == good.balances
    assert (down.stale, down.reason, down.withheld) == (True, "TransientError: 503", False)
    assert (down.polled_at, down.age_seconds) == (good.polled_at, 3 * 3600 + 60)


def test_a_source_that_fell_silent_is_stale_too(database: Database) -> None:
    later = NOW + dt.timedelta(hours=3)
    silent = list_balances(database, describe_sources(database, later, {}), "icici", None, later)
    assert (silent.stale, silent.withheld, len(silent.balances)) == (True, False, 2)


def test_balances_that_are_too_old_are_not_shown(database: Database) -> None:
    sources = failing(describe_sources(database, NOW, {}), "TransientError: 503")
    for age, shown in ((dt.timedelta(days=7), 2), (dt.timedelta(days=7, seconds=1), 0)):
        told = list_balances(database, sources, "icici", None, NOW - dt.timedelta(minutes=1) + age)
        assert (told.stale, told.withheld, len(told.balances)) == (True, not shown, shown)


def test_a_source_that_was_never_polled_has_none(database: Database) -> None:
    told = list_balances(database, describe_sources(database, NOW, {}), "razorpay", None, NOW)
    assert (told.stale, told.withheld, told.polled_at, told.balances) == (True, True, None, [])
