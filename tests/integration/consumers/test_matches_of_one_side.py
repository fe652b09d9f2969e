"""A payment that its own side takes back: closed as one match, stored, shown by the API and explained."""

import datetime as dt
import json
from pathlib import Path

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from api.app import create_app
from consumers.closing import ClosePass
from reconduit.cli import app
from reconduit.settings import Settings
from schemas.records import Direction
from tests.fixtures.app_server import serving_app
from tests.fixtures.scene import MONDAY, Scene, digests_of, faults_of, store

pytestmark = pytest.mark.integration

LATER = MONDAY + dt.timedelta(days=2)


@pytest.fixture
def closed_url(books: Scene, database_url: str) -> str:
    """A book whose bank side paid and took back what the core never had, beside a pair that matches."""
    records = [
        books.record("bank", "b-paid", direction=Direction.DEBIT, amount_minor=4_711, description="NEFT HARWIL 77"),
        books.record(
            "bank", "b-back", amount_minor=4_711, booked_at=LATER, is_reversal=True, description="REVERSAL NEFT HARWIL 77"
        ),
        *(books.record(kind, f"{kind}-1", reference_number="INV00000042") for kind in ("core", "bank")),
        *(books.watermark(kind, MONDAY + dt.timedelta(days=30)) for kind in ("core", "bank")),
    ]
    with psycopg.connect(database_url) as connection:
        service = books.service()
        service.start(connection)
        store(connection, service, books, *records)
        ClosePass(connection, books.sources, books.reconciliations).run()
    return database_url


def test_both_records_are_one_match_and_nothing_is_lost(books: Scene, closed_url: str) -> None:
    assert not faults_of(closed_url)
    settings = Settings(database_url=SecretStr(closed_url), sources_file=Path("no-such-file.yaml"))
    with serving_app(create_app(settings, no_auth=True)) as url, httpx.Client(base_url=url, timeout=60) as client:
        matches = client.get("/v1/matches", params={"stage": "group"}).json()["items"]
        assert [sorted(member["txn_id"] for member in match["members"]) for match in matches] == [["b-back", "b-paid"]]
        assert {member["side"] for member in matches[0]["members"]} == {"bank"}
        assert client.get(f"/v1/matches/{matches[0]['id']}").json()["key"] == matches[0]["key"]
        assert client.get("/v1/breaks").json()["items"] == []
    before = digests_of(closed_url)
    with psycopg.connect(closed_url) as connection:
        connection.execute("TRUNCATE break, match")
        ClosePass(connection, books.sources, books.reconciliations).run()
    assert digests_of(closed_url) == before, "closed again, it is the same"


def test_the_match_explains_itself(closed_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", closed_url)
    told = CliRunner().invoke(app, ["explain", "b-back", "--json", "-"])
    assert told.exit_code == 0, (told.output, told.exception)
    [match] = json.loads(told.output)["matches"]
    assert match["stage"] == "group"
    assert any("they net to nothing" in signal["text"] for signal in match["signals"])
