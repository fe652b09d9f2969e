"""Listings of one source's decisions: the same ones whichever way they are found, on any page."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from api.cursor import CursorSigner
from api.database import Database
from api.filters import BreakFilter, MatchFilter
from api.queries import keyset
from api.queries.decisions import list_breaks, list_matches

_SIDES = {"sides": [{"name": "ledger", "sources": ["core"]}, {"name": "bank", "sources": ["common", "rare"]}]}
_DECISIONS = 30
_FIELDS = (
    "reconciliation_id, group_hash, final, rule_version, amount_minor, currency, account_id, booked_on, key, "
    "sides, members, reasons"
)
_VALUES = "1, i, true, 1, 100, 'INR', 'a', date '2026-03-01' + i / 2, 'k' || i, '{0,1}', ARRAY[i, 1000 + i], '[]'"
_SERIES = f"FROM generate_series(1, {_DECISIONS}) AS i"


@pytest.fixture(scope="module")
def decided_url(module_database_url: str) -> str:
    """Matches and breaks of a ledger and a side that two sources share; every tenth is the rare source's."""
    with psycopg.connect(module_database_url) as connection:
        connection.execute(
            "INSERT INTO source (tenant_id, name) VALUES ('default', 'core'), ('default', 'common'), ('default', 'rare')"
        )
        connection.execute(
            "INSERT INTO reconciliation (tenant_id, name, version, shape, digest, definition) "
            "VALUES ('default', 'r', 1, 'statement', '', %s)",
            [json.dumps(_SIDES)],
        )
        for base, source in ((0, "'core'"), (1000, "CASE WHEN i % 10 = 0 THEN 'rare' ELSE 'common' END")):
            connection.execute(
                "INSERT INTO transaction (group_hash, txn_hash, kafka_offset, revision, amount_minor, booked_us, source_id, "
                "direction, status, kafka_partition, is_reversal, superseded, currency, account_id, txn_id, detail) "
                f"SELECT {base} + i, {base} + i, i, 0, 100, 0, (SELECT source_id FROM source WHERE name = {source}), 1, 0, 0, "
                f"false, false, 'INR', 'a', 't' || {base} + i, '{{}}' {_SERIES}"
            )
        connection.execute(
            f"INSERT INTO match ({_FIELDS}, stage, decision, probability_ppm) SELECT {_VALUES}, 3, 1, 1000000 {_SERIES}"
        )
        connection.execute(f"INSERT INTO break ({_FIELDS}, type) SELECT {_VALUES}, 3 {_SERIES}")
    return module_database_url


@pytest.fixture(scope="module")
def database(decided_url: str) -> Iterator[Database]:
    found = Database(decided_url).open()
    yield found
    found.close()


@pytest.mark.parametrize("looked_at", [1, 7, 1000])
@pytest.mark.parametrize("source", ["core", "common", "rare", "unknown"])
def test_the_pages_of_a_source_have_all_of_it_once(
    database: Database, source: str, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "_LOOKED_AT", looked_at)
    every = range(1, _DECISIONS + 1)
    wanted = {"core": every, "common": [i for i in every if i % 10], "rare": [10, 20, 30], "unknown": []}[source]
    signer = CursorSigner(b"k" * 32)
    keys: list[str] = []
    cursor = None
    while cursor is not None or not keys:
        page = list_matches(database, signer, MatchFilter(source=source, limit=2, cursor=cursor))
        keys += [item.key for item in page.items]
        cursor = page.next
        if not page.items:
            break
    assert sorted(keys) == sorted(f"k{number}" for number in wanted)
    largest = list_breaks(database, signer, BreakFilter(source=source, limit=100, sort="largest", booked_from="2026-03-05")).items
    assert {item.key for item in largest} == {f"k{number}" for number in wanted if number // 2 >= 4}
