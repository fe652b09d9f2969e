"""Downloads that survive a cut: the next attempt goes on where the last one ended, and the digest is of the whole.

What was fetched lies in a `.part` named by path, size and time, so that a changed file never continues an old one. Before going on,
the end of the part is read again from the server: another content of equal size and time is noticed.
"""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from producers.providers.sftp_drop.session import RemoteFile, SftpSession

__all__ = ["Download", "fetch", "forget_parts"]

_READ_BYTES = 1 << 18
_REMOTE_BYTES = 1 << 15
"""One request's worth: what a read had when the connection was cut is lost with it."""
_OVERLAP = 1 << 15


class Download(NamedTuple):
    """A file that was fetched whole: where it is, and the digest of its bytes."""

    path: Path
    sha256: str
    size: int


def fetch(session: SftpSession, base: str, file: RemoteFile, landing: Path) -> Download | None:
    """Download a file: local `.part`, digest, fsync, then the name of its digest; None when it changed or vanished meanwhile.

    Args:
        session: the open connection.
        base: the drop's folder on the server.
        file: as it was listed.
        landing: local folder; a part that is there from an earlier attempt is continued.

    Raises:
        PermissionDeniedError: it may not be read.
        TransientError: the connection broke; what came so far is kept.
    """
    path = f"{base.rstrip('/')}/{file.name}"
    part = landing / _part_name(base, file)
    try:
        if not session.is_unchanged(path, file):
            part.unlink(missing_ok=True)
            return None
        _continue(session, path, file, part)
        # A connection that was cut may look like the end of the file: then this question has no answer, and the part is kept.
        unchanged = session.is_unchanged(path, file)
        if not unchanged or part.stat().st_size != file.size:
            part.unlink()
            return None
    except FileNotFoundError:
        part.unlink(missing_ok=True)
        return None
    digest = sha256()
    with part.open("rb") as local:
        while chunk := local.read(_READ_BYTES):
            digest.update(chunk)
        os.fsync(local.fileno())
    return Download(part.rename(landing / digest.hexdigest()), digest.hexdigest(), file.size)


def forget_parts(landing: Path, base: str, listed: Iterable[RemoteFile]) -> None:
    """Delete parts of files that are no longer listed as they were."""
    kept = {_part_name(base, file) for file in listed}
    for part in landing.glob("*.part"):
        if part.name not in kept:
            part.unlink(missing_ok=True)


def _continue(session: SftpSession, path: str, file: RemoteFile, part: Path) -> None:
    part.touch(mode=0o600)
    have = part.stat().st_size
    offset = max(0, have - _OVERLAP) if have <= file.size else 0
    with part.open("r+b") as local, session.reading(path, file.size, offset) as remote:
        if offset < have:
            local.seek(offset)
            again = remote.read(have - offset) if have <= file.size else b""
            if again != local.read(have - offset):
                # Other bytes under an equal size and time: nothing of the part can be trusted.
                remote.seek(0)
                have = 0
        local.seek(have)
        local.truncate(have)
        while chunk := remote.read(_REMOTE_BYTES):
            local.write(chunk)
        local.flush()


def _part_name(base: str, file: RemoteFile) -> str:
    return sha256(f"{base}\n{file.name}\n{file.size}\n{file.modified}".encode("utf-8", "replace")).hexdigest()[:32] + ".part"
