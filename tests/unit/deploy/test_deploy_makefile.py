import os
import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
MAKEFILE = (ROOT / "Makefile").read_text()


def make(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "-C", str(ROOT), "-s", *arguments], capture_output=True, text=True, check=True, env=environment
    ).stdout


def test_help_is_the_default_and_names_every_command() -> None:
    said = make()
    targets = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    assert {"setup", "demo", "test", "test-unit", "lint", "types", "format", "bench", "clean", "services"} <= targets
    assert all(re.search(rf"^  {target} ", said, re.MULTILINE) for target in targets)


def test_every_command_of_make_is_phony() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)) <= set(phony.group(1).split())


def test_the_demo_gets_its_arguments_and_pytest_is_the_last_step() -> None:
    assert "-m reconduit demo --once --json file" in make("-n", "demo", "ARGS=--once --json file")
    assert make("-n", "test", "ARGS=-k x").rstrip().splitlines()[-1].endswith("-m pytest -n 3 --dist loadfile -k x")


def test_ci_runs_make_test() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_hooks_are_local() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repository["repo"] for repository in hooks["repos"]} == {"local"}
