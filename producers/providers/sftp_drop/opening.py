"""From a transferred file to the files in it: PGP opened, archives unpacked, each member a file of its own."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from producers.errors import ConfigurationError, PgpError
from producers.kit.files.archives import ArchiveLimits, archive_kind, unpack
from producers.kit.files.pgp import PgpKeys, is_pgp, open_message
from producers.providers.sftp_drop.download import Download
from producers.providers.sftp_drop.ledger import member_name
from producers.providers.sftp_drop.options import PgpOptions, SftpDropOptions

__all__ = ["ContainedFile", "FileOpening"]

_READ_BYTES = 1 << 18


class ContainedFile(NamedTuple):
    """A file as its writer wrote it: its name (`archive.zip!member` inside an archive) and the plain bytes.

    Their digest is its identity: PGP output differs every time, so the transferred bytes would not do.
    """

    name: str
    content: Download


class FileOpening:
    """Opens the files of one feed.

    Raises:
        ConfigurationError: PGP is configured and a key is missing or cannot be read.
    """

    def __init__(self, options: SftpDropOptions, secrets: Mapping[str, str], source: str) -> None:
        self._options = options
        self._source = source
        self._keys = _pgp_keys(options.pgp, secrets, source) if options.pgp else None

    def open(self, name: str, download: Download, landing: Path) -> list[ContainedFile]:
        """The files inside of a transferred one; itself, when it is neither encrypted nor an archive.

        Raises:
            FileFormatError: an `ArchiveError` or a `PgpError`: nothing of the file is to be released.
        """
        download = self._decrypted(name, download, landing)
        if archive_kind(download.path) is None:
            return [ContainedFile(name, download)]
        limits = ArchiveLimits(self._options.max_members, self._options.max_unpacked_bytes, self._options.max_ratio)
        return [
            ContainedFile(member_name(name, member.name), Download(member.path, member.sha256, member.size))
            for member in unpack(download.path, name, landing, limits)
        ]

    def _decrypted(self, name: str, download: Download, landing: Path) -> Download:
        with download.path.open("rb") as file:
            encrypted = is_pgp(file.read(256))
        if self._keys is None or self._options.pgp is None:
            if encrypted:
                raise PgpError(f"file {name} is a PGP message; set pgp and pgp_private_key of source {self._source} to read it")
            return download
        if not encrypted:
            raise PgpError(f"file {name} is not encrypted, but source {self._source} takes only PGP messages")
        output = landing / f"plain-{download.sha256}"
        output.unlink(missing_ok=True)
        try:
            open_message(
                download.path,
                output,
                self._keys,
                max_bytes=self._options.max_unpacked_bytes,
                seconds=self._options.pgp.seconds,
            )
        except PgpError as error:
            raise PgpError(f"file {name}: {error}") from error
        digest = sha256()
        with output.open("rb") as plain:
            while chunk := plain.read(_READ_BYTES):
                digest.update(chunk)
        return Download(
            output.rename(landing / digest.hexdigest()), digest.hexdigest(), (landing / digest.hexdigest()).stat().st_size
        )


def _pgp_keys(options: PgpOptions, secrets: Mapping[str, str], source: str) -> PgpKeys:
    private = [secrets[name] for name in ("pgp_private_key", "pgp_private_key_next") if name in secrets]
    if not private:
        raise ConfigurationError(f"source {source}: pgp needs the secret pgp_private_key")
    signers = []
    for fingerprint, path in options.signers.items():
        try:
            signers.append(path.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"source {source}: certificate {path} of {fingerprint} cannot be read: {error}") from error
    return PgpKeys(private, secrets.get("pgp_passphrase"), signers, list(options.signers))
