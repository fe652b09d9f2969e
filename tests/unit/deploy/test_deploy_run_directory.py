import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.errors import DeployError
from deploy.local.run_directory import RUN_VARIABLE, run_directory, sweep
from tests.fixtures.waiting import eventually

OWNER = """
import subprocess, sys, os
from pathlib import Path
from deploy.local.run_directory import RUN_VARIABLE, run_directory
with run_directory(Path(sys.argv[1]), "run-") as folder:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, RUN_VARIABLE: str(folder)})
    print(folder, child.pid, flush=True)
    sys.stdin.read()
"""


def living(process: psutil.Process) -> bool:
    """Whether it runs; one that nobody has waited for yet does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_folder_goes_with_the_run(tmp_path: Path) -> None:
    with run_directory(tmp_path, "run-") as folder:
        (folder / "file").write_text("data")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_living_run_is_left_alone(tmp_path: Path) -> None:
    with run_directory(tmp_path, "run-") as first, run_directory(tmp_path, "run-") as second:
        assert first.is_dir()
        assert second.is_dir()
        assert first != second


def test_a_killed_run_is_swept_with_its_processes(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    name, child = owner.stdout.readline().split()
    assert sweep(tmp_path, "run-") == []
    owner.kill()
    owner.communicate()
    orphan = psutil.Process(int(child))
    assert orphan.environ()[RUN_VARIABLE] == name
    assert sweep(tmp_path, "run-") == [Path(name)]
    assert not Path(name).exists()
    eventually(lambda: not living(orphan), lambda: "it lives on")


def test_folders_that_are_not_runs_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "run-of-somebody-else").mkdir()
    assert sweep(tmp_path, "run-") == []
    assert (tmp_path / "run-of-somebody-else").is_dir()


def test_a_failed_start_keeps_the_logs_its_error_names(tmp_path: Path) -> None:
    with pytest.raises(DeployError), run_directory(tmp_path, "run-", keep_after_error=True) as folder:
        raise DeployError("see the log")
    assert folder.is_dir()
    assert sweep(tmp_path, "run-") == [folder]
