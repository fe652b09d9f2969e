"""Profiles of lag and fees: learnt period by period, compared with the one before, told when they drift."""

import datetime as dt
from collections.abc import Sequence

import psycopg
import pytest
from prometheus_client import REGISTRY

from consumers.measuring import measure_drift
from consumers.profiling import LEAST_PAIRS, learn_profile
from reconciler.types import Item, Match, Member, Outcome, Stage
from tests.fixtures.scene import MONDAY, query

pytestmark = pytest.mark.integration

_PLACE = ("1111", "INR")


def period(start: dt.datetime, lag: int, count: int) -> tuple[list[Item], Outcome]:
    """Final pairs, ten a day, whose second side books `lag` days later."""
    items, matches = [], []
    for number in range(count):
        booked = start + dt.timedelta(days=number // 10)
        pair = [
            Item(
                id=f"{side}{start:%m%d}{number}",
                side=side,
                account="1111",
                amount_minor=1000 + number,
                currency="INR",
                direction=1,
                booked_at=booked + dt.timedelta(days=days),
            )
            for side, days in (("core", 0), ("bank", lag))
        ]
        items += pair
        matches.append(
            Match(
                key=str(number),
                members=tuple(sorted(Member(item.side, item.id) for item in pair)),
                amount_minor=1000 + number,
                currency="INR",
                account="1111",
                stage=Stage.REFERENCE,
                booked_on=pair[1].booked_at.date(),
                final=True,
            )
        )
    return items, Outcome(matches=tuple(matches))


def learn(url: str, found: Sequence[tuple[list[Item], Outcome]]) -> bool:
    items = [item for items, _ in found for item in items]
    outcome = Outcome(matches=tuple(match for _, outcome in found for match in outcome.matches))
    with psycopg.connect(url) as connection:
        return learn_profile(connection, reconciliation="books", sides=("core", "bank"), place=_PLACE, outcome=outcome, items=items)


def test_a_change_of_lag_is_told_once(database_url: str) -> None:
    first = period(MONDAY, 1, LEAST_PAIRS)
    assert learn(database_url, [first])
    assert not learn(database_url, [first]), "nothing new"
    few = period(MONDAY + dt.timedelta(days=60), 3, LEAST_PAIRS - 1)
    assert not learn(database_url, [first, few]), "not enough to compare"
    changed = period(MONDAY + dt.timedelta(days=120), 3, LEAST_PAIRS)
    assert learn(database_url, [first, changed])
    told = "SELECT drift -> 0 ->> 'kind', (drift -> 0 ->> 'before')::int, (drift -> 0 ->> 'after')::int FROM pair_profile_view"
    assert query(database_url, f"{told} ORDER BY pair_profile_id") == [(None, None, None), ("lag", 1, 3)]
    with psycopg.connect(database_url) as connection:
        measure_drift(connection)
        assert REGISTRY.get_sample_value("recon_profile_drift", {"reconciliation": "books"}) == 1
        assert learn(database_url, [period(MONDAY + dt.timedelta(days=240), 3, LEAST_PAIRS)])
        measure_drift(connection)
        assert REGISTRY.get_sample_value("recon_profile_drift", {"reconciliation": "books"}) == 0
