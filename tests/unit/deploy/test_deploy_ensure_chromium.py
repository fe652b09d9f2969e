import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deploy" / "local" / "ensure_chromium.sh"


def run(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Run the script with nothing on PATH but what it needs and the given programs."""
    for name in ("mktemp", "rm", "tail"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    for name, body in programs.items():
        file = folder / name.replace("_", "-")
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
    return subprocess.run(["/bin/sh", str(SCRIPT)], env={"PATH": str(folder)}, capture_output=True, text=True, check=False)


def test_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    done = run(tmp_path, chromium="exit 0", id="echo 0", apt_get="exit 1")
    assert (done.returncode, done.stdout) == (0, "")


def test_who_is_not_root_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, id="echo 1000", apt_get="echo called >&2")
    assert done.returncode == 0
    assert "will be skipped" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(("status", "said"), [(0, False), (100, True)])
def test_root_installs_it_and_hears_of_a_failure(tmp_path: Path, status: int, said: bool) -> None:
    calls = tmp_path / "calls"
    done = run(tmp_path, id="echo 0", apt_get=f'echo "$1" >> {calls}; echo no network; exit {status}')
    assert done.returncode == 0
    assert "installing Chromium" in done.stdout
    assert ("no network" in done.stdout) is said
    assert calls.read_text().split() == (["update"] if status else ["update", "install"])
