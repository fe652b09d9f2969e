"""The two files that the README matches give what the README and the page of commands say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from reconduit.matching.run import run_match

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs/examples/match"


@pytest.fixture
def result(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "result.json"
    files = (str(FOLDER / "ledger.csv"), str(FOLDER / "bank.csv"))
    assert run_match(*files, rules=FOLDER / "rules.yaml", out=None, json=str(path), currency=None) == 1
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_page_of_commands_shows_this_result(result: dict[str, Any]) -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    block = re.search(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert block is not None
    shown = json.loads(block[1])
    assert shown["summary"] == result["summary"]
    assert shown["matches"][0] in result["matches"]
    assert shown["breaks"][0] in result["breaks"]
    assert shown["rules"].keys() == result["rules"].keys()


def test_the_readme_shows_this_result(result: dict[str, Any]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    summary = result["summary"]
    assert (
        f"{summary['matched_left']} of {summary['left']} left and {summary['matched_right']} of {summary['right']} right" in readme
    )
    assert f"rules {result['rules']['name']} version {result['rules']['version']}" in " ".join(readme.split())
    for broken in result["breaks"]:
        amount = f"{broken['amount_minor'] // 100}.{broken['amount_minor'] % 100:02} {broken['currency']}"
        rows = [line for line in readme.splitlines() if line.startswith(f"│ {broken['type']} ")]
        assert any(amount in row and all(name in row for name in (*broken["left"], *broken["right"])) for row in rows)
