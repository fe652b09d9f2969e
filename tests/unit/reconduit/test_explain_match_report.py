"""`reconduit explain --report`: a record of two files, with the files and without."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from reconduit.cli import app
from reconduit.errors import SettingsError

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas/json/explain.schema.json").read_text())
HEADER = "id,date,amount,currency,reference,description\n"
LEDGER = HEADER + "L1,2026-03-02,100.00,EUR,INV00000042,acme\nL2,2026-03-03,310.00,EUR,,rent\n"
BANK = HEADER + "B1,2026-03-02,100.00,EUR,INV00000042,acme\nB2,2026-03-03,301.00,EUR,,hire\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "ledger.csv").write_text(LEDGER)
    (tmp_path / "bank.csv").write_text(BANK)
    return [str(tmp_path / "ledger.csv"), str(tmp_path / "bank.csv")]


@pytest.fixture
def report(files: list[str], tmp_path: Path) -> str:
    path = tmp_path / "report.json"
    assert CliRunner().invoke(app, ["match", *files, "--json", str(path)]).exit_code == 1
    return str(path)


def asked(status: int, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["explain", *arguments, "--json", "-"])
    assert result.exit_code == status, (result.output, result.exception)
    document: dict[str, Any] = json.loads(result.output)
    jsonschema.validate(document, SCHEMA)
    return document


def test_a_match_and_an_open_item_with_the_files(files: list[str], report: str) -> None:
    [match] = asked(0, "B1", *files, "--report", report)["matches"]
    assert [member["id"] for member in match["members"]] == ["L1", "B1"] and match["amount_minor"] == 10_000
    [broken] = asked(1, "L2", *files, "--report", report)["breaks"]
    [candidate] = broken["candidates"]
    assert (candidate["id"], candidate["apart_minor"], candidate["apart_ppm"]) == ("B2", -900, 29_032)
    assert broken["suspected"]["cause"] == "typo" and "swapped" in broken["suspected"]["why"]
    assert broken["due"]["sources"][0]["source"] == files[1]


def test_without_the_files_it_says_what_the_report_says(report: str) -> None:
    assert asked(0, "L1", "--report", report)["matches"][0]["amount_minor"] is None
    [broken] = asked(1, "L2", "--report", report)["breaks"]
    assert broken["candidates"] == [] and broken["due"] is None
    assert any(one["signal"] == "nearest" and one["text"].startswith("B2") for one in broken["signals"])


def test_what_cannot_be_explained_says_why(files: list[str], report: str, tmp_path: Path) -> None:
    other = tmp_path / "rules.yaml"
    other.write_text("name: other\nversion: 1\nshape: statement\nsides: [{name: a}, {name: b}]\n")
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"rules": []}')
    for arguments, said in (
        (["nobody", "--report", report], "no decision about nobody"),
        (["L1", *files, "--report", report, "--rules", str(other)], "was made with rules of digest"),
        (["L1", "--report", str(wrong)], "no report of"),
        (["L1", files[0], "--report", report], "give both"),
        (["L1", *files], "go with --report"),
    ):
        result = CliRunner().invoke(app, ["explain", *arguments])
        assert isinstance(result.exception, SettingsError), result.output
        assert said in str(result.exception)
