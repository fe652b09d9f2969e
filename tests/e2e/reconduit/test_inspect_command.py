"""`reconduit inspect` as a user runs it: a process, its exit status, its outputs."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "json" / "inspect.schema.json").read_text(encoding="utf-8"))
GOOD = (
    "01,A,B,260103,0400,1,,,2/\n02,B,A,1,260102,2359,USD,2/\n03,77,,010,0,,,015,500,,/\n16,195,500,Z,B1,C1,Rent/\n"
    "49,1000,3/\n98,1000,1,5/\n99,1000,1,7/\n"
)

pytestmark = pytest.mark.e2e


def run(folder: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconduit", "inspect", *arguments]
    return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (GOOD, 0),
        (GOOD.replace("015,500", "015,600"), 1),
        (GOOD.replace("16,195,500", "16,195,x"), 1),
        (GOOD.partition("99,")[0], 2),
        ("hello\n", 2),
    ],
    ids=["proved", "failed", "quarantined", "cut", "foreign"],
)
def test_exit_status_and_json(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "file").write_text(text, encoding="utf-8")
    result = run(tmp_path, "file", "--json", "-", "--entries")
    assert result.returncode == status, result.stderr
    jsonschema.validate(json.loads(result.stdout), SCHEMA)
    assert ("file" in result.stderr) == (status == 2)


def test_standard_input_and_table(tmp_path: Path) -> None:
    result = run(tmp_path, "-", stdin=GOOD)
    assert result.returncode == 0, result.stderr
    assert "bai2" in result.stdout
    assert "proved" in result.stdout


def test_usage_is_status_2(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 2
    (tmp_path / "file").write_text(GOOD, encoding="utf-8")
    assert run(tmp_path, "file", "--json", "nowhere/out.json").returncode == 2
