"""Back-tests over stored history: they tell what the close pass would decide, in bounded pieces, and they write nothing."""

import datetime as dt
import json
import secrets
from collections import Counter
from dataclasses import replace
from pathlib import Path

import jsonschema
import psycopg
import pytest
from typer.testing import CliRunner

from consumers.backtest import history as stored_history
from consumers.backtest.history import snapshot
from consumers.backtest.simulation import BackTest, back_test, history_of
from consumers.closing import ClosePass
from reconciler.reconciliation import Reconciliation
from reconciler.tolerance import Tolerance
from reconduit.cli import app
from reconduit.errors import SettingsError
from schemas.records import DEFAULT_TENANT
from tests.fixtures.scene import MONDAY, Scene, query, store

pytestmark = pytest.mark.integration

KINDS = ("core", "gateway", "mobile", "pay", "payout", "bank")
LATER = MONDAY + dt.timedelta(days=30)
SCHEMA = json.loads((Path(__file__).parents[3] / "schemas/json/rules_diff.schema.json").read_text())
EVERYTHING = ("transaction", "match", "break", "reconciliation", "rule_version", "source", "source_watermark")


def rules_named(scene: Scene, name: str) -> Reconciliation:
    return next(one for one in scene.reconciliations if one.name == name)


def tried(scene: Scene, url: str, old: Reconciliation, new: Reconciliation, **options: object) -> BackTest:
    given = {"since": None, "sample": None} | options
    with snapshot(url) as connection:
        history = history_of(connection, scene.sources, (old, new), DEFAULT_TENANT)
        return back_test(history, old, new, **given)  # type: ignore[arg-type]


def standing(url: str, name: str) -> tuple[int, Counter[str]]:
    """Matches, and breaks by type, that the passes have left in the tables."""
    [(matches,)] = query(url, "SELECT count(*) FROM match_view WHERE reconciliation = %s", name)
    breaks = query(url, "SELECT type, count(*) FROM break_view WHERE reconciliation = %s GROUP BY 1", name)
    return matches, Counter(dict(breaks))


def contents(url: str) -> dict[str, str]:
    return {
        table: str(query(url, f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t")[0])
        for table in EVERYTHING
    }


@pytest.fixture(scope="module")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    found = Scene(tmp_path_factory.mktemp("payments"), secrets.token_hex(4))
    found.write(KINDS, ("three-way", "settlements", "settlements-at-bank"))
    return found


@pytest.fixture(scope="module")
def payments_url(payments: Scene, module_database_url: str) -> str:
    """Payments of three systems with every kind of trouble, settlements, and a close pass over them; tests only read it."""
    service = payments.service()
    with psycopg.connect(module_database_url) as connection:
        service.start(connection)
        store(connection, service, payments, *payments.payments(120, seed=3))
        for number, paid in enumerate((10_000, 9_700, 10_000)):
            told = (("pay", 10_000), ("payout", paid), ("bank", paid))
            parts = [
                payments.record(kind, f"{kind}{number}", settlement_id=f"UTR{number}", amount_minor=amount) for kind, amount in told
            ]
            store(connection, service, payments, *parts[: 3 - number // 2])
        store(connection, service, payments, *(payments.watermark(kind, LATER) for kind in KINDS))
        ClosePass(connection, payments.sources, payments.reconciliations).run()
    return module_database_url


@pytest.mark.parametrize("name", ["three-way", "settlements", "settlements-at-bank"])
def test_groups_are_decided_as_the_passes_decided_them(payments: Scene, payments_url: str, name: str) -> None:
    rules = rules_named(payments, name)
    found = tried(payments, payments_url, rules, replace(rules, version=2)).diff
    assert not found.differs
    matches, breaks = standing(payments_url, name)
    assert matches and breaks
    assert found.kept == sum(found.before.values()) == matches
    assert Counter({kind.value: shift.before for kind, shift in found.breaks.items()}) == breaks


def test_small_pieces_come_to_the_same_and_nothing_is_written(
    payments: Scene, payments_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = rules_named(payments, "three-way")
    wider = replace(rules, version=2, tolerance=Tolerance(absolute_minor={"INR": 1_000}))
    before = contents(payments_url)
    whole = tried(payments, payments_url, rules, wider)
    monkeypatch.setattr(stored_history, "_RECORDS_A_PIECE", 7)
    pieces = tried(payments, payments_url, rules, wider)
    assert pieces == whole
    assert whole.diff.gained.count and not whole.diff.lost.count
    assert whole.diff.gained.money["INR"] == sum(
        amount for (amount,) in query(payments_url, "SELECT max(t.amount_minor) FROM break_view b, transaction t "
        "WHERE b.reconciliation = 'three-way' AND type = 'AMOUNT' AND t.txn_hash = ANY(members) AND t.source_id = "
        "(SELECT source_id FROM source WHERE name LIKE 'core%%') GROUP BY b.group_hash")
    )  # fmt: skip
    assert contents(payments_url) == before
    with snapshot(payments_url) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("DELETE FROM match")


def test_a_sample_is_a_part_of_the_groups(payments: Scene, payments_url: str) -> None:
    rules = rules_named(payments, "three-way")
    every, some = (tried(payments, payments_url, rules, rules, sample=sample) for sample in (None, 20))
    assert 0 < some.pieces < every.pieces / 2
    assert some == tried(payments, payments_url, rules, rules, sample=20)
    assert every.share_ppm == 1_000_000 and some.share_ppm is not None and some.share_ppm < 200_000


def test_books_are_decided_as_the_close_pass_decided_them(books: Scene, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service = books.service()
    with psycopg.connect(database_url) as connection:
        service.start(connection)
        for account in ("one", "two"):
            for number in range(6):
                day = MONDAY + dt.timedelta(days=number)
                given = {"account_id": account, "booked_at": day, "reference_number": f"INV{account}{number:04}"}
                paid = 10_000 + number - (40 if number == 4 else 0)
                store(
                    connection, service, books, books.record("core", f"c{account}{number}", amount_minor=10_000 + number, **given)
                )
                if number != 5:
                    store(connection, service, books, books.record("bank", f"b{account}{number}", amount_minor=paid, **given))
        store(connection, service, books, *(books.watermark(kind, LATER) for kind in ("core", "bank")))
        ClosePass(connection, books.sources, books.reconciliations).run()
    [rules] = books.reconciliations
    wider = replace(rules, version=2, tolerance=Tolerance(absolute_minor={"INR": 50}))
    found = tried(books, database_url, rules, wider)
    matches, breaks = standing(database_url, "books")
    assert sum(found.diff.before.values()) == matches == 8
    assert Counter({kind.value: shift.before for kind, shift in found.diff.breaks.items() if shift.before}) == breaks
    assert (found.pieces, found.diff.gained.count, found.diff.gained.money) == (2, 2, {"INR": 20_008})
    assert found.diff.open_before["INR"] - found.diff.open_after["INR"] == 80
    assert [one.what for one in found.diff.gained.examples] == ["reference auto"] * 2
    back = tried(books, database_url, wider, rules).diff
    assert (back.lost.count, back.gained.count, back.lost.money) == (2, 0, {"INR": 20_008})
    recent = tried(books, database_url, rules, wider, since=MONDAY + dt.timedelta(days=5)).diff
    assert (recent.records, recent.gained.count) == (2, 0)
    assert tried(books, database_url, rules, wider, sample=1).diff.gained.count == 1


def test_rules_of_another_shape_are_not_compared(payments: Scene, payments_url: str) -> None:
    with pytest.raises(SettingsError, match="cannot be compared"):
        tried(payments, payments_url, rules_named(payments, "three-way"), rules_named(payments, "settlements"))


def test_the_commands_read_stored_versions(
    payments: Scene, payments_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", payments_url)
    monkeypatch.setenv("RECONDUIT_SOURCES", str(payments.folder / "sources.yaml"))
    wider = tmp_path / "wider.yaml"
    text = (payments.folder / "rules" / "three-way.yaml").read_text()
    wider.write_text(text.replace("version: 1", "version: 2") + "tolerance: {amount: {absolute_minor: {INR: 1000}}}\n")
    run = CliRunner()
    listed = run.invoke(app, ["rules", "list"])
    assert listed.exit_code == 0 and "three-way@1" in listed.output
    same = run.invoke(app, ["rules", "diff", "three-way@1", "three-way@1", "--json", "-"])
    assert same.exit_code == 0, same.output
    other = run.invoke(app, ["rules", "diff", "three-way@1", str(wider), "--since", "2026-03-01", "--json", "-"])
    assert other.exit_code == 1
    for result in (same, other):
        jsonschema.validate(json.loads(result.output), SCHEMA)
    assert json.loads(other.output)["matches"]["gained"]["count"] > 0
    shown = run.invoke(app, ["rules", "diff", "three-way@1", str(wider)], env={"COLUMNS": "100"})
    assert shown.exit_code == 1 and max(map(len, shown.output.splitlines())) <= 100
    missing = run.invoke(app, ["rules", "diff", "three-way@1", "three-way@7"])
    assert isinstance(missing.exception, SettingsError) and "rules list" in str(missing.exception)
