"""Members of .zip and .gz files, unpacked within limits: a hostile archive ends in a typed error, never in a full disk.

What an archive declares is not believed: the bytes that really come out are counted. A member's name is data and never becomes
a local path.
"""

import errno
import gzip
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from producers.errors import ArchiveError

__all__ = ["ArchiveLimits", "ArchiveMember", "archive_kind", "unpack"]

_CHUNK = 1 << 18
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b\x08"
_NESTED = (*_ZIP, _GZIP, b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")
_OFFICE = ("[Content_Types].xml", "xl/workbook.xml", "mimetype")
"""A workbook is a zip as well; it is read as a file, not unpacked."""
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class ArchiveLimits(NamedTuple):
    """Caps on what comes out of one archive.

    `ratio` is bytes out to bytes in, looked at from `ratio_from_bytes` on: a short file of one repeated line compresses well.
    """

    members: int = 1000
    bytes: int = 256 << 20
    ratio: int = 200
    ratio_from_bytes: int = 10 << 20


class ArchiveMember(NamedTuple):
    """One unpacked file: its name inside the archive, where it lies now, and the digest and number of its bytes."""

    name: str
    path: Path
    sha256: str
    size: int


def archive_kind(path: Path) -> str | None:
    """`zip`, `gz` or None, told from the content; an office workbook is no archive."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(_GZIP):
        return "gz"
    if not head.startswith(_ZIP):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:100])
    except (*_BROKEN, OSError):
        return "zip"
    return None if names & set(_OFFICE) else "zip"


def unpack(path: Path, name: str, landing: Path, limits: ArchiveLimits) -> list[ArchiveMember]:
    """Unpack every member into `landing`, in the archive's order.

    Args:
        path: the archive.
        name: as the source calls it; a .gz file's member has this name without `.gz`.
        landing: folder for the members, whose local names are their digests.
        limits: caps over all members together.

    Raises:
        ArchiveError: it is encrypted, nested, broken or over a limit, or a member's name leads elsewhere. Nothing of it is to be
            released then.
    """
    kind = archive_kind(path)
    members = _zip_members(path, name, landing, limits) if kind == "zip" else _gzip_member(path, name, landing, limits)
    try:
        return list(members)
    except OSError as error:
        # A damaged offset makes the library seek to nowhere; a full disk is no fault of the archive.
        if not isinstance(error, gzip.BadGzipFile) and error.errno != errno.EINVAL:
            raise
        raise ArchiveError(f"archive {name} cannot be unpacked: {error}; ask for it again") from error
    except _BROKEN as error:
        raise ArchiveError(f"archive {name} cannot be unpacked: {error}; ask for it again") from error


def _gzip_member(path: Path, name: str, landing: Path, limits: ArchiveLimits) -> Iterator[ArchiveMember]:
    inner = name.rsplit("/", 1)[-1]
    inner = inner[:-3] if inner.lower().endswith(".gz") else inner
    with gzip.open(path, "rb") as stream:
        yield _Writer(name, landing, limits, path.stat().st_size).write(inner, cast("BinaryIO", stream))


def _zip_members(path: Path, name: str, landing: Path, limits: ArchiveLimits) -> Iterator[ArchiveMember]:
    writer = _Writer(name, landing, limits, path.stat().st_size)
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if not infos:
            raise ArchiveError(f"archive {name} has no member")
        if len(infos) > limits.members:
            raise ArchiveError(f"archive {name} has {len(infos)} members, more than {limits.members}")
        seen: set[str] = set()
        for info in infos:
            _refuse(info, name)
            if info.filename in seen:
                raise ArchiveError(f"archive {name} has two members named {info.filename!r}")
            seen.add(info.filename)
        for info in infos:
            with closing(archive.open(info)) as stream:
                yield writer.write(info.filename, cast("BinaryIO", stream))


def _refuse(info: zipfile.ZipInfo, name: str) -> None:
    member = info.orig_filename
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"archive {name}: member {member!r} is encrypted; zip passwords are weak, ask for PGP instead")
    parts = member.replace("\\", "/").split("/")
    if ".." in parts or member.startswith(("/", "\\")) or ":" in parts[0] or not member.isprintable():
        raise ArchiveError(f"archive {name}: member {member!r} leads out of the archive")
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise ArchiveError(f"archive {name}: member {member!r} is a link or a device")


class _Writer:
    """Writes members to disk and stops at the limits, which hold for all of them together."""

    def __init__(self, archive: str, landing: Path, limits: ArchiveLimits, packed: int) -> None:
        self._archive = archive
        self._landing = landing
        self._limits = limits
        self._packed = max(packed, 1)
        self._total = 0

    def write(self, name: str, stream: BinaryIO) -> ArchiveMember:
        part = self._landing / "member.part"
        digest = sha256()
        size = 0
        try:
            with part.open("wb") as local:
                while chunk := stream.read(_CHUNK):
                    if not size and chunk.startswith(_NESTED):
                        raise ArchiveError(f"archive {self._archive}: member {name!r} is an archive itself")
                    size += len(chunk)
                    self._count(len(chunk))
                    digest.update(chunk)
                    local.write(chunk)
                local.flush()
                os.fsync(local.fileno())
            return ArchiveMember(name, part.rename(self._landing / digest.hexdigest()), digest.hexdigest(), size)
        finally:
            part.unlink(missing_ok=True)

    def _count(self, more: int) -> None:
        self._total += more
        limits = self._limits
        if self._total > limits.bytes:
            raise ArchiveError(f"archive {self._archive} unpacks to more than {limits.bytes} bytes")
        if self._total > limits.ratio_from_bytes and self._total > limits.ratio * self._packed:
            raise ArchiveError(f"archive {self._archive} unpacks to more than {limits.ratio} times its size")
