"""The command as `make bench-accuracy` starts it."""

import json
import sys
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.accuracy import budgets
from benchmarks.accuracy.__main__ import main
from benchmarks.accuracy.generated.statement_book import statement_book


def test_it_prints_tables_and_writes_what_they_are_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "accuracy.json"
    monkeypatch.setattr(sys, "argv", ["bench-accuracy", "--only", "three-way, easy", "--seeds", "11", "--json", str(written)])
    assert main() == 0
    (entry,) = json.loads(written.read_text(encoding="utf-8"))["books"]
    assert (entry["book"], entry["all"]["f1"], len(entry["records"])) == ("three-way, easy, seed 11", 1.0, 3)
    assert entry["calibration"]["false"] == 0
    printed = capsys.readouterr().out
    for title in ("Accuracy", "Groups found exactly", "Open as expected", "Calibration"):
        assert title in printed


def test_no_book_of_that_name_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench-accuracy", "--only", "no such book"])
    assert main() == 1


def test_a_larger_budget_confirms_more(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(budgets, "statement_book", partial(statement_book, events=150))
    entries = budgets.measure_budgets((7,), (0, 1000))
    confirmed = {(entry["difficulty"], entry["budget"]): entry["confirmed"] for entry in entries}
    for name in ("easy", "medium", "hard"):
        assert confirmed[name, 0] < confirmed[name, 1000]
    Console().print(budgets.budgets_table(entries))
    assert "hard" in capsys.readouterr().out
