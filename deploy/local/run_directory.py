"""A folder per run that knows whether its owner still lives.

The owner holds a lock (flock) on a file in it; the kernel drops the lock when the owner dies, however it dies. A folder whose lock
can be taken is therefore stale: what still runs in its name is killed and the folder goes.
"""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirakuru.base_env import processes_with_env

from deploy.errors import DeployError

__all__ = ["RUN_VARIABLE", "run_directory", "sweep"]

RUN_VARIABLE = "RECONDUIT_RUN_DIRECTORY"
"""Environment variable that marks the processes of a run; its value is the run's folder."""

_LOCK = "owner.lock"


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock, or None when somebody else holds it or its folder has just gone."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def sweep(parent: Path, prefix: str) -> list[Path]:
    """Remove the folders `prefix*` of ours in `parent` whose owner is dead, with any process left of them.

    Returns:
        The folders that were removed.
    """
    removed = []
    for folder in sorted(parent.glob(f"{prefix}*")):
        try:
            status = folder.lstat()
        except FileNotFoundError:  # another run swept it first
            continue
        if not folder.is_dir() or folder.is_symlink() or status.st_uid != os.getuid() or not (folder / _LOCK).exists():
            continue
        descriptor = _lock(folder / _LOCK)
        if descriptor is None:
            continue
        try:
            for process in processes_with_env(RUN_VARIABLE, str(folder)):
                if process != os.getpid():
                    _kill(process)
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
        finally:
            os.close(descriptor)
    return removed


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def run_directory(parent: Path, prefix: str, *, traversable: bool = False, keep_after_error: bool = False) -> Iterator[Path]:
    """A fresh folder of this run, removed at the end; folders of dead runs beside it are removed first.

    Args:
        parent: where it is made.
        prefix: what its name begins with.
        traversable: other users may enter (not list) it.
        keep_after_error: a run that a DeployError ends leaves its folder, because the error names a log in it; the next run
            removes it.
    """
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent, prefix)
    # Made under a name that no sweep looks for, so that nobody takes the lock before we do.
    made = Path(tempfile.mkdtemp(prefix=f".new-{prefix}", dir=parent))
    descriptor = _lock(made / _LOCK)
    folder = made.rename(parent / made.name.removeprefix(".new-"))
    if traversable:
        folder.chmod(0o711)
    keep = False
    try:
        yield folder
    except DeployError:
        keep = keep_after_error
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)
