"""PostgreSQL as a local process, also when we are root (it refuses to be root itself)."""

import os
import pwd
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from deploy.errors import DeployError
from deploy.local.ports import HOST, free_ports
from deploy.local.postgres_binaries import copy_server, find_binaries
from deploy.local.run_directory import RUN_VARIABLE, run_directory
from deploy.local.supervisor import Account, Daemon, bound_to_parent, running

__all__ = ["local_postgres"]

_USER = "reconduit"
_DATABASE = "reconduit"

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    # Two cores, a few gigabytes, write-heavy batches of thousands of rows.
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_min_duration_statement": "5s",
}


def _service_account() -> Account | None:
    """Who the server runs as when we are root: `postgres`, else `nobody`; None when we are not root.

    Raises:
        DeployError: neither account exists.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise DeployError("PostgreSQL cannot run as root, and there is no user postgres or nobody; create one or set DATABASE_URL")


def _reachable(folder: Path) -> bool:
    """Whether everybody may enter the folder and all above it."""
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _data_parent(account: Account | None, directory: Path) -> Path:
    """Where the data folder goes: in the run's folder, or where the other account can reach it.

    Raises:
        DeployError: the other account can reach no temporary folder.
    """
    if account is None:
        return directory
    for candidate in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - the folder made in it is private
        if candidate.is_dir() and _reachable(candidate):
            return candidate
    raise DeployError("no temporary folder that the PostgreSQL account can reach; set TMPDIR to one that every user may enter")


def _initialise(binaries: Path, data: Path, account: Account | None, password: str, log: Path) -> None:
    """Run initdb; the password passes through a private file that is gone afterwards."""
    password_file = data.parent / "password"
    descriptor = os.open(password_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(password + "\n")
    data.mkdir(mode=0o700)
    if account is not None:
        os.chown(password_file, *account)
        os.chown(data, *account)
    command = [
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={_USER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    with log.open("ab") as output:
        done = subprocess.run(
            bound_to_parent(command, account=account),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            timeout=120,
            check=False,
        )
    password_file.unlink()
    if done.returncode != 0:
        raise DeployError(f"initdb ended with status {done.returncode}; see {log}")
    with (data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())


def _serves(url: str) -> Callable[[], bool]:
    def check() -> bool:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    return check


@contextmanager
def local_postgres(directory: Path, *, progress: Callable[[str], None], durable: bool = True) -> Iterator[str]:
    """Run PostgreSQL; yields the URL of an empty database, password included.

    The password is made for this run and kept nowhere but in that URL. As root the server runs as another user, with its data in
    the system's temporary folder (the checkout may be in a folder that only root may enter).

    Args:
        directory: folder of this run; the log, and unless we are root the data, go below it.
        progress: told before each slow step.
        durable: False skips fsync, for tests: only a crash of the machine would lose data, and databases come and go faster.

    Raises:
        DeployError: no server can be had or it does not start; the message names the log.
    """
    binaries = find_binaries(progress)
    account = _service_account()
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "postgres.log"
    progress(f"starting PostgreSQL from {binaries} (about 2 s) ...")
    with run_directory(_data_parent(account, directory), "reconduit-postgres-", traversable=account is not None) as private:
        if account is not None and not _reachable(binaries):
            binaries = copy_server(binaries, private / "server")
        data = private / "data"
        password = secrets.token_urlsafe(24)
        _initialise(binaries, data, account, password, log)
        (port,) = free_ports(1)
        url = f"postgresql://{_USER}:{password}@{HOST}:{port}/"
        daemon = Daemon(
            "PostgreSQL",
            [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *([] if durable else ["-c", "fsync=off"])],
            log=log,
            ready=_serves(f"{url}postgres"),
            start_seconds=120,
            stop_seconds=20,
            stop_signal=signal.SIGINT,  # "fast": ends sessions instead of waiting for them
            environment={RUN_VARIABLE: str(private)},
            account=account,
            cwd=Path("/"),
        )
        with running([daemon]):
            with psycopg.connect(f"{url}postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {_DATABASE}".encode())
            yield f"{url}{_DATABASE}"
