from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconduit.cli import app
from reconduit.errors import SettingsError

RULES = """name: export
version: 4
shape: statement
sides:
  - {name: ledger, sources: [core]}
  - {name: bank, sources: [hdfc], filter: {currency: [INR, USD], amount: {least_minor: 100}, from: 2026-04-01, text: ["*neft*"]}}
tolerance:
  amount: {over: {absolute_minor: {INR: 150}}, under: {ppm: {INR: 2500}}}
  days: {before: 1, after: 2, business: true}
stages:
  - {stage: reference, name: exact, tolerance: {days: {after: 1}}}
  - tolerance
fees: {profiles: [{name: cards, channel: [CARD], ppm: 20000, tax_ppm: 180000}]}
learning: {false_per_100k: 4}
fx: {base: INR, rates: rates.csv, tolerance_ppm: 1000, days: 1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "rates.csv").write_text("date,currency,rate\n2026-05-04,USD,83.1250\n2026-05-05,USD,83.2\n", encoding="utf-8")
    return tmp_path


def test_check_says_in_words_what_a_file_means(folder: Path) -> None:
    result = CliRunner().invoke(app, ["rules", "check", str(folder / "rules.yaml")])
    assert result.exit_code == 0
    for line in (
        "rules.yaml: export version 4, digest ",
        "right bank: hdfc; only currency INR or USD; text *neft*; from 100 minor units; booked from 2026-04-01",
        "tolerance: above the first side's amount may differ by up to 1.50 INR",
        "tolerance: below the first side's amount may differ by up to 0.25 % of the larger amount in INR",
        "tolerance: the right side up to 1 business day before and 2 business days after the left",
        "stage 1: reference named 'exact': equal references",
        "stage 1 tolerance: the right side up to 0 days before and 1 day after the left",
        "fees: cards: 2 % with 18 % tax on it of each payment of CARD is a fee variance",
        "groups: up to 60 lines may match together",
        "confirmed without a person: weak evidence with at most 4 false among 100,000 matches; the rest is suggested from a",
        "fx: USD to INR: 2 rates from 2026-05-04 to 2026-05-05, source rates.csv",
        "fx: converted amounts may differ by 0.1 %; a rate may be 1 day old",
    ):
        assert line in result.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("INR: 150", "INX: 150"), r"rules\.yaml:8: `INX` is no currency"),
        (("rates.csv", "none.csv"), r"rules\.yaml:15: `rates` names the file none\.csv, which cannot be read: No such file"),
        (("version: 4", "version: four"), r"rules\.yaml:2: `version` must be a whole number"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(folder: Path, change: tuple[str, str], message: str) -> None:
    path = folder / "rules.yaml"
    path.write_text(RULES.replace(*change), encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        CliRunner().invoke(app, ["rules", "check", str(path)], catch_exceptions=False)


def test_every_wrong_file_is_named_and_the_others_are_described(folder: Path) -> None:
    names = ["wrong.yaml", "rules.yaml", "bytes.yaml"]
    (folder / "wrong.yaml").write_text("name: a\n", encoding="utf-8")
    (folder / "bytes.yaml").write_bytes(b"name: a\nversion: \xff\n")
    result = CliRunner().invoke(app, ["rules", "check", *(str(folder / name) for name in names)])
    assert "rules.yaml: export version 4" in result.output
    first, second = str(result.exception).splitlines()
    assert first.endswith("wrong.yaml:1: the file needs `shape`")
    assert "bytes.yaml:2: this is no UTF-8 text" in second


def test_check_says_what_a_key_without_effect_does_not_do(folder: Path) -> None:
    path = folder / "keyed.yaml"
    text = "name: a\nversion: 1\nshape: keyed\nsides: [{name: l}, {name: r}]\ntolerance: {days: {after: 3}}\n"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["rules", "check", str(path)])
    assert "`days` has no effect; the keyed shape goes by its key" in result.output
