"""`reconduit match` as a user runs it: a process, its exit status, its outputs."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "json" / "match.schema.json").read_text(encoding="utf-8"))
SAMPLES = ROOT.parent / "shared" / "samples"

LEFT = "id,date,amount,memo\nL1,2026-03-02,100.00,INV-00042 ACME\nL2,2026-03-03,-20.50,charges\n"
RIGHT = "Date;Narration;Debit;Credit\n03/03/2026;NEFT INV00042 ACME LTD;;100,00\n15/03/2026;CHARGES;20,50;\n"

pytestmark = pytest.mark.e2e


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "left.csv").write_text(LEFT, encoding="utf-8")
    (tmp_path / "right.csv").write_text(RIGHT, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconduit", "match", *arguments]
    return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, timeout=120, check=False)


def document(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found = json.loads(result.stdout)
    jsonschema.validate(found, SCHEMA)
    assert isinstance(found, dict)
    return found


def test_breaks_are_exit_status_1_and_the_json_follows_its_schema(folder: Path) -> None:
    result = run(folder, "left.csv", "right.csv", "--json", "-")
    assert result.returncode == 1, result.stderr
    found = document(result)
    assert [(m["left"], m["right"], m["decision"], m["stage"]) for m in found["matches"]] == [
        (["L1"], ["right.csv:2"], "auto", "tolerance")
    ]
    assert [(b["type"], b["left"], b["right"], b["amount_minor"], b["currency"]) for b in found["breaks"]] == [
        ("MISSING_RIGHT", ["L2"], [], 2050, "XXX"),
        ("MISSING_LEFT", [], ["right.csv:3"], 2050, "XXX"),
    ]
    assert found["breaks"][0]["nearest"]["id"] == "right.csv:3"
    assert found["summary"]["breaks"] == {"MISSING_LEFT": 1, "MISSING_RIGHT": 1}
    assert found["summary"]["sums"] == {"XXX": {"left": 7950, "right": 7950, "matched": 10000, "open": 4100}}


def test_everything_matched_is_exit_status_0_with_a_table(folder: Path) -> None:
    result = run(folder, "left.csv", "left.csv", "--currency", "INR")
    assert result.returncode == 0, result.stderr
    assert "2 of 2 left and 2 of 2 right records matched" in result.stdout
    assert "INR" in result.stdout


def test_files_are_written_and_the_table_is_still_shown(folder: Path) -> None:
    result = run(folder, "left.csv", "right.csv", "--json", "result.json", "--out", "result.csv")
    assert result.returncode == 1, result.stderr
    assert "MISSING_RIGHT" in result.stdout
    jsonschema.validate(json.loads((folder / "result.json").read_text(encoding="utf-8")), SCHEMA)
    with (folder / "result.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {(row["result"], row["id"]) for row in rows} == {
        ("MATCH", "L1"),
        ("MATCH", "right.csv:2"),
        ("MISSING_RIGHT", "L2"),
        ("MISSING_LEFT", "right.csv:3"),
    }


def test_a_text_cannot_become_a_formula_in_a_spreadsheet(folder: Path) -> None:
    (folder / "evil.csv").write_text('id,date,amount,memo\nE1,2026-03-02,5.00,"=HYPERLINK(""x"")"\n', encoding="utf-8")
    assert run(folder, "evil.csv", "left.csv", "--out", "out.csv").returncode == 1
    assert "'=HYPERLINK" in (folder / "out.csv").read_text(encoding="utf-8")


def test_rules_map_columns_and_are_stamped(folder: Path) -> None:
    (folder / "odd.csv").write_text("Nr;Tag;Betrag\n7;02.03.2026;100,00\n", encoding="utf-8")
    (folder / "rules.yaml").write_text(
        "name: mine\nversion: 4\nshape: statement\nsides: [{name: books}, {name: bank}]\n"
        "tolerance: {amount: {absolute_minor: {EUR: 10}}, days: {before: 1, after: 1}}\n"
        'csv: {books: {id: Nr, date: Tag, amount: Betrag, date_format: "%d.%m.%Y", currency_code: EUR}, '
        "bank: {currency_code: EUR}}\n",
        encoding="utf-8",
    )
    (folder / "bank.csv").write_text("id,date,amount\nB,2026-03-03,99.90\n", encoding="utf-8")
    result = run(folder, "odd.csv", "bank.csv", "--rules", "rules.yaml", "--json", "-")
    assert result.returncode == 0, result.stderr
    found = document(result)
    assert (found["rules"]["name"], found["rules"]["version"]) == ("mine", 4)
    assert [(match["left"], match["right"]) for match in found["matches"]] == [(["7"], ["B"])]


def test_a_ledger_against_mt940_takes_the_statements_currency(folder: Path) -> None:
    statement = (
        ":20:ST1\n:25:12345678\n:28C:1/1\n:60F:C260301EUR10,00\n"
        ":61:2603020302C5,00NTRFINV42//BANK1\n:86:rent\n:62F:C260302EUR15,00\n-\n"
    )
    (folder / "bank.sta").write_text(statement, encoding="utf-8")
    (folder / "books.csv").write_text("id,date,amount,reference\n1,2026-03-02,5.00,INV-42\n", encoding="utf-8")
    result = run(folder, "books.csv", "bank.sta", "--json", "-")
    assert result.returncode == 0, result.stderr
    found = document(result)
    assert found["matches"][0]["right"] == ["BANK1"]
    assert found["matches"][0]["stage"] == "reference"
    assert list(found["summary"]["sums"]) == ["EUR"]


def test_one_file_may_come_from_standard_input(folder: Path) -> None:
    result = run(folder, "-", "left.csv", "--json", "-", stdin=LEFT)
    assert result.returncode == 0, result.stderr
    assert document(result)["summary"]["matched_left"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("left.csv",), "RIGHT"),
        (("left.csv", "none.csv"), "none.csv cannot be read: No such file or directory"),
        (("left.csv", "right.csv", "--rules", "none.yaml"), "rules file none.yaml cannot be read"),
        (("left.csv", "right.csv", "--currency", "rupees"), "--currency: 'rupees' is no ISO 4217 currency"),
        (("left.csv", "right.csv", "--json", "no/such/folder.json"), "no/such/folder.json cannot be written"),
        (("-", "-"), "only one of the two files can come from standard input"),
        (("bad.csv", "left.csv"), "bad.csv:2: "),
    ],
)
def test_bad_input_or_usage_is_exit_status_2_and_says_what(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    (folder / "bad.csv").write_text("id,date,amount\n1,2026-03-02,12.3.4\n2,2026-03-02,1.00\n", encoding="utf-8")
    result = run(folder, *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not result.stdout


@pytest.mark.parametrize("pattern", ["statements/camt/**/*.xml", "statements/mt940/**/*.sta"])
def test_a_bank_statement_matches_itself(folder: Path, pattern: str) -> None:
    samples = sorted(SAMPLES.glob(pattern))[:3]
    if not samples:
        pytest.skip(f"no third-party samples at {SAMPLES / pattern}")
    for sample in samples:
        result = run(folder, str(sample), str(sample), "--json", "-")
        if result.returncode == 2:
            assert str(sample) in result.stderr
            continue
        found = document(result)
        assert found["summary"]["left"] == found["summary"]["right"]
        assert not {"MISSING_LEFT", "MISSING_RIGHT"} & set(found["summary"]["breaks"])
