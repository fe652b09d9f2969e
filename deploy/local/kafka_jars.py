"""The jars of Apache Kafka, fetched once by Maven into the user's cache."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.errors import DeployError
from deploy.local.supervisor import bound_to_parent, log_tail

__all__ = ["KAFKA_VERSION", "cache_folder", "kafka_jars"]

KAFKA_VERSION = "4.3.0"
"""As in `pom.xml` beside this file."""

_MAVEN_SECONDS = 420


def cache_folder() -> Path:
    """Where the jars are kept: `$XDG_CACHE_HOME/reconduit/kafka-VERSION`, by default under `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "reconduit" / f"kafka-{KAFKA_VERSION}"


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    with lock.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _maven(target: Path, log: Path) -> None:
    """Fill `target` with the jars of the pom."""
    command = ["mvn", "--batch-mode", "--strict-checksums", "-f", str(Path(__file__).with_name("pom.xml"))]
    with log.open("wb") as output:
        try:
            status = subprocess.run(
                bound_to_parent([*command, "dependency:copy-dependencies", f"-DoutputDirectory={target}"]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_MAVEN_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise DeployError(f"Maven did not fetch Kafka's jars within {_MAVEN_SECONDS} s; its log is {log}") from None
    if status != 0:
        raise DeployError(f"Maven could not fetch Kafka's jars (status {status}); its log {log} ends with:\n{log_tail(log)}")


def kafka_jars(
    progress: Callable[[str], None],
    *,
    folder: Path | None = None,
    fetch: Callable[[Path, Path], None] = _maven,
) -> Path:
    """The folder with Kafka's jars; fetches them the first time.

    The folder appears whole or not at all (it is filled under another name and renamed), and of several processes that need it
    at once one fetches while the others wait.

    Args:
        progress: told before the slow step.
        folder: where to keep them; `cache_folder()` by default.
        fetch: fills a folder with the jars and writes a log.

    Raises:
        DeployError: Maven failed; the message names its log.
    """
    folder = folder or cache_folder()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(folder.parent / f"{folder.name}.lock"):
        if folder.is_dir():
            return folder
        for stale in folder.parent.glob(f"{folder.name}.part-*"):  # of a fetch that was killed; we hold the lock
            shutil.rmtree(stale, ignore_errors=True)
        progress(f"fetching Apache Kafka {KAFKA_VERSION} with Maven (43 MB, about 45 s the first time) ...")
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
        fetch(part, folder.parent / f"{folder.name}.log")
        if not any(part.glob("kafka_*.jar")):
            raise DeployError(f"Maven ended well but brought no Kafka jar; see {folder.parent / f'{folder.name}.log'}")
        part.rename(folder)
    return folder
