import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconduit import cli
from reconduit.cli import app
from reconduit.errors import SettingsError

COMMANDS = {"match", "demo", "produce", "supervise", "consume", "close", "replay", "api", "migrate", "sandbox", "services"}


def test_every_command_is_listed_with_its_help() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f" {name} " in result.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0, result.output
    function = getattr(importlib.import_module(f"reconduit.commands.{name}"), name)
    assert function.__doc__.split("\n")[0].split()[0] in result.output


@pytest.mark.parametrize("arguments", [["reconcile"], ["match"], ["match", "one.csv"], ["consume", "--colour"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_an_error_of_ours_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise SettingsError("the file x is missing; write it")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert capsys.readouterr() == ("", "reconduit: the file x is missing; write it\n")


def test_an_error_of_nobody_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_the_module_is_the_command(tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    command = [sys.executable, "-m", "reconduit", "match", str(missing), str(missing)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "missing.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_starts_without_the_heavy_parts() -> None:
    """Kafka's client and polars take half a second to import; `--help` must not wait for them."""
    code = "import sys\nimport reconduit.cli\nprint(sorted({'polars', 'confluent_kafka', 'fastapi'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"
