"""The files of a drop: all folders that its path names, as deep as the feed allows."""

import datetime as dt

import structlog

from producers.errors import ConfigurationError, PermissionDeniedError
from producers.providers.sftp_drop.names import refusal
from producers.providers.sftp_drop.options import SftpDropOptions
from producers.providers.sftp_drop.patterns import folders_of
from producers.providers.sftp_drop.session import RemoteFile, SftpSession

__all__ = ["base_of", "list_drop"]

_log = structlog.get_logger(__name__)


def base_of(folder: str) -> str:
    """The part of a path before its first date placeholder; names of files are told from there."""
    head, mark, _ = folder.partition("{")
    return folder if not mark else head.rpartition("/")[0] or "/"


def list_drop(session: SftpSession, folder: str, options: SftpDropOptions, now: dt.datetime) -> list[RemoteFile]:
    """Every regular file, named by its path below `base_of(folder)`, in no order.

    Raises:
        ConfigurationError: a folder without date placeholders does not exist. One with them may not exist yet.
        ProducerError: as `SftpSession.list_folder`.
    """
    base = base_of(folder).rstrip("/")
    days = [now.date() - dt.timedelta(days=back) for back in range(-1, options.lookback_days + 1)]
    found: dict[str, RemoteFile] = {}
    pending = [(path, 0) for path in folders_of(folder, days)]
    while pending:
        path, depth = pending.pop()
        try:
            files, folders = session.list_folder(path)
        except FileNotFoundError as error:
            if path == folder:
                raise ConfigurationError(f"there is no folder {folder} on the server; correct base_url") from error
            continue
        except PermissionDeniedError as error:
            if depth == 0:
                raise
            _log.warning("folder left out", reason=str(error))
            continue
        prefix = path.rstrip("/").removeprefix(base).lstrip("/")
        for file in files:
            name = f"{prefix}/{file.name}" if prefix else file.name
            found[name] = file._replace(name=name)
        if depth < options.max_depth:
            pending += [(f"{path.rstrip('/')}/{name}", depth + 1) for name in folders if refusal(name) is None]
    return list(found.values())
