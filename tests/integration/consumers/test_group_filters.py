"""Filters and fee profiles that go by channel, type, amount and date hold for groups that are solved as records arrive."""

import datetime as dt
from pathlib import Path

import psycopg
import pytest

from schemas.records import Direction
from tests.fixtures.scene import MONDAY, Scene, query, store

pytestmark = pytest.mark.integration


def rules(scene: Scene, filters: str) -> str:
    return f"""name: cards
version: 1
shape: keyed
sides:
  - {{name: core, sources: [{scene.name("core")}], filter: {filters}}}
  - {{name: gateway, sources: [{scene.name("gateway")}]}}
"""


@pytest.fixture
def cards(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path, "filters")
    scene.write(("core", "gateway", "pay", "payout"), ())
    return scene


def test_records_of_another_kind_are_not_on_the_side(cards: Scene, database_url: str) -> None:
    filters = "{channel: [UPI], transaction_type: [PAYMENT], amount: {least_minor: 100}, from: 2026-03-02}"
    (cards.folder / "rules" / "cards.yaml").write_text(rules(cards, filters), encoding="utf-8")
    fitting = {"channel": "UPI", "transaction_type": "PAYMENT"}
    others = [
        {**fitting, "channel": "ATM"},
        {**fitting, "transaction_type": "REFUND"},
        {**fitting, "amount_minor": 99},
        {**fitting, "booked_at": MONDAY - dt.timedelta(days=30)},
    ]
    with psycopg.connect(database_url) as connection:
        service = cards.service()
        service.start(connection)
        for number, given in enumerate([fitting, *others]):
            key = {"reference_number": f"R{number}"}
            store(connection, service, cards, cards.record("core", f"c{number}", **key, **given))
            store(connection, service, cards, cards.record("gateway", f"g{number}", **key))
    assert query(database_url, "SELECT key FROM match_view") == [("R0",)]
    assert query(database_url, "SELECT key, type, cardinality(members) FROM break_view ORDER BY key") == [
        (f"R{number}", "TIMING", 1) for number in range(1, 1 + len(others))
    ]


@pytest.mark.parametrize(("channel", "kind"), [("POS", "FEE_VARIANCE"), ("UPI", "AMOUNT")])
def test_a_payout_is_judged_by_the_fees_of_its_channel(cards: Scene, database_url: str, channel: str, kind: str) -> None:
    text = f"""name: payouts
version: 1
shape: settlement
sides:
  - {{name: pay, sources: [{cards.name("pay")}]}}
  - {{name: payout, sources: [{cards.name("payout")}]}}
fees: {{profiles: [{{name: cards, channel: [POS], ppm: 20000}}]}}
"""
    (cards.folder / "rules" / "payouts.yaml").write_text(text, encoding="utf-8")
    with psycopg.connect(database_url) as connection:
        service = cards.service()
        service.start(connection)
        for name, amount in (("pay", 10_000), ("payout", 9_800)):
            told = cards.record(name, name, settlement_id="U1", amount_minor=amount, channel=channel, direction=Direction.CREDIT)
            store(connection, service, cards, told)
    assert query(database_url, "SELECT type FROM break_view") == [(kind,)]
