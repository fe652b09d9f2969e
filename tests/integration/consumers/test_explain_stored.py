"""`reconduit explain` and the API's explanation over stored records: the same answer, with candidates, cause and due date."""

import datetime as dt
import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import psycopg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from api.app import create_app
from api.errors import NotFoundError
from consumers.closing import ClosePass
from reconciler.profiles import PairProfile
from reconduit.cli import app
from reconduit.settings import Settings
from schemas.records import Status
from tests.fixtures.app_server import serving_app
from tests.fixtures.scene import MONDAY, Scene, query, store

pytestmark = pytest.mark.integration

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas/json/explain.schema.json").read_text())
TOLERANT = "tolerance: {days: {before: 1, after: 3}}\nfees: {absolute_minor: {INR: 60}}\n"
RAW = b'{"id": "pay-7781", "amount": "12.3.4"}'


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    found = Scene(tmp_path_factory.mktemp("book"), secrets.token_hex(4))
    found.write(("core", "bank"), ("books",))
    return found


@pytest.fixture(scope="module")
def stored_url(book: Scene, module_database_url: str) -> str:
    """One book: a match, a slip in a reference, a fee, a twin of the match, a split, a late line; and something in quarantine."""
    rules = book.folder / "rules" / "books.yaml"
    rules.write_text(rules.read_text() + TOLERANT)
    told = [
        ("core", "c-match", "INV00000042", 10_000, 0),
        ("bank", "b-match", "INV00000042", 10_000, 1),
        ("core", "c-twin", "INV00000042", 10_000, 1),
        ("core", "c-fee", "", 31_000, 0),
        ("bank", "b-fee", "", 30_950, 0),
        ("core", "c-split", "", 77_000, 0),
        ("bank", "b-part-1", "", 50_000, 0),
        ("bank", "b-part-2", "", 27_000, 1),
        ("core", "c-late", "", 5_555, 0),
        ("bank", "b-late", "", 5_555, 9),
    ]
    records = [
        book.record(kind, name, reference_number=reference or None, amount_minor=amount, booked_at=MONDAY + dt.timedelta(days=day))
        for kind, name, reference, amount, day in told
    ]
    swapped = {"core": (73_105, "INV00000077", 0), "bank": (73_015, "NEFT INV00000077 GAMMA", 1)}
    records += [
        book.record(
            kind, f"{kind[0]}-swap", reference_number=None, description=text, amount_minor=amount,
            booked_at=MONDAY + dt.timedelta(days=day),
        )
        for kind, (amount, text, day) in swapped.items()
    ]  # fmt: skip
    service = book.service()
    with psycopg.connect(module_database_url) as connection:
        service.start(connection)
        pending = book.record("core", "c-void", amount_minor=1, status=Status.PENDING)
        void = book.record("core", "c-void", amount_minor=1, status=Status.VOID, revision=1)
        marks = [book.watermark("core", MONDAY + dt.timedelta(days=30)), book.watermark("bank", MONDAY)]
        store(connection, service, book, *records, pending, void, *marks)
        ClosePass(connection, book.sources, book.reconciliations).run()
        connection.execute(
            "INSERT INTO quarantine (source, stage, reason, detail, position, raw, headers) "
            "VALUES ('core', 'producer', 'amount', 'no amount', '/feeds/core[17]', %s, '{}')",
            (RAW,),
        )
    return module_database_url


@pytest.fixture
def explained_url(stored_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", stored_url)
    return stored_url


def asked(identity: str, status: int) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["explain", identity, "--json", "-"])
    assert result.exit_code == status, (result.output, result.exception)
    document: dict[str, Any] = json.loads(result.output)
    jsonschema.validate(document, SCHEMA)
    return document


def test_a_match_names_its_evidence_and_the_rules(book: Scene, explained_url: str) -> None:
    found = asked("b-match", 0)
    assert found["record"]["id"] == f"{book.name('bank')}/b-match"
    [match] = found["matches"]
    assert (match["rules"]["name"], match["rules"]["version"]) == ("books", 1)
    assert match["rules"]["digest"] == book.reconciliations[0].digest
    assert match["stage"] == "reference" and {"side": "bank", "id": found["record"]["id"]} in match["members"]
    assert any("INV00000042" in one["text"] for one in match["signals"])
    assert asked(match["id"], 0)["matches"] == found["matches"]


def test_an_open_item_names_what_comes_nearest_and_why(book: Scene, explained_url: str) -> None:
    for identity, cause, candidate in (
        ("c-fee", "fee", "b-fee"),
        ("b-fee", "fee", "c-fee"),
        ("c-split", "split", "b-part-1"),
        ("c-late", "timing", "b-late"),
    ):
        [broken] = asked(identity, 1)["breaks"]
        assert broken["suspected"]["cause"] == cause, broken
        assert broken["candidates"][0]["id"].endswith(f"/{candidate}")
        waits = {mark["source"]: mark["passed"] for mark in broken["due"]["sources"]}
        assert waits == ({book.name("bank"): False} if identity.startswith("c-") else {book.name("core"): True})
        assert broken["due"]["at"] == "2026-03-04T00:00:00Z"
        assert asked(broken["id"], 1)["breaks"] == [broken]


def test_a_typing_error_in_an_amount_is_suspected_where_a_text_ties_the_two(explained_url: str) -> None:
    [broken] = asked("c-swap", 1)["breaks"]
    assert (broken["type"], broken["suspected"]["cause"]) == ("AMOUNT", "typo")
    assert "digits are swapped: 73105 and 73015 INR" in broken["suspected"]["why"]


def test_a_twin_of_something_matched_is_a_duplicate(explained_url: str) -> None:
    open_twin = query(explained_url, "SELECT t.txn_id FROM break_view b, transaction t WHERE t.txn_hash = ANY(b.members)")
    [identity] = [name for (name,) in open_twin if name in {"c-match", "c-twin"}]
    [broken] = asked(identity, 1)["breaks"]
    assert broken["suspected"]["cause"] == "duplicate" and "is matched" in broken["suspected"]["why"]


def test_what_was_superseded_or_quarantined_is_told(explained_url: str) -> None:
    void = asked("c-void", 0)
    assert (void["record"]["revision"], void["record"]["superseded_revisions"]) == (1, [0])
    assert "VOID" in void["note"] and void["matches"] == void["breaks"] == []
    for identity in ("pay-7781", "core/pay-7781", "/feeds/core[17]"):
        [one] = asked(identity, 1)["quarantined"]
        assert (one["reason"], one["position"]) == ("amount", "/feeds/core[17]")
    missing = CliRunner().invoke(app, ["explain", "pay-778"])
    assert isinstance(missing.exception, NotFoundError)


def test_the_api_says_the_same(book: Scene, explained_url: str) -> None:
    settings = Settings(database_url=SecretStr(explained_url), sources_file=Path("no-such-file.yaml"))
    with serving_app(create_app(settings, no_auth=True)) as url, httpx.Client(base_url=url, timeout=60) as client:
        answer = client.get(f"/v1/transactions/{book.name('core')}/c-fee/explanation")
        unknown = client.get("/v1/transactions/nobody/explanation")
    assert answer.status_code == 200, answer.text
    assert unknown.status_code == 404
    told = asked(f"{book.name('core')}/c-fee", 1)

    def with_texts(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: str(one) if name.endswith("_minor") else with_texts(one) for name, one in value.items()}
        return [with_texts(one) for one in value] if isinstance(value, list) else value

    assert answer.json() == with_texts(told)


def test_the_text_fits_a_terminal(explained_url: str) -> None:
    shown = CliRunner().invoke(app, ["explain", "c-split"], env={"COLUMNS": "100"})
    assert shown.exit_code == 1 and "suspected cause: split" in " ".join(shown.output.split())
    assert max(map(len, shown.output.splitlines())) <= 100


def test_a_fee_that_was_learnt_is_named(explained_url: str) -> None:
    [before] = asked("b-part-2", 1)["breaks"]
    learnt = PairProfile(account="acc", currency="INR", pairs=400, rates=((129_030, 90),)).as_json()
    with psycopg.connect(explained_url) as connection:
        connection.execute(
            "INSERT INTO pair_profile (tenant_id, reconciliation, account_id, currency, through, profile, drift) "
            "VALUES ('default', 'books', 'acc', 'INR', '2026-03-20', %s, '[]')",
            (json.dumps(learnt),),
        )
    [after] = asked("b-part-2", 1)["breaks"]
    assert (before["suspected"] or {}).get("cause") != "fee"
    assert after["suspected"]["cause"] == "fee" and "learnt" in after["suspected"]["why"]
