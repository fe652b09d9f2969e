"""One downloaded file → the content of one page."""

import datetime as dt
from pathlib import Path

from producers.errors import FileFormatError
from producers.formats.canonical import CanonicalFile, FileOrigin, canonicalise
from producers.formats.contract import ParseOptions
from producers.formats.registry import StatementFormat, format_named
from producers.formats.sniff import sniff_stream
from producers.kit.contract import BadRecord, RawObject
from producers.providers.sftp_drop.download import Download
from producers.providers.sftp_drop.options import SftpDropOptions
from reconduit.sources import SourceConfig

__all__ = ["FileIntake"]


class FileIntake:
    """Reads files of one source as its options say."""

    def __init__(self, config: SourceConfig, options: SftpDropOptions) -> None:
        self._config = config
        self._options = options
        self._format: StatementFormat | None = format_named(options.format) if options.format else None
        self._parse_options = ParseOptions(
            default_currency=options.default_currency, default_account=options.default_account, mapping=options.mapping
        )

    def read(self, name: str, download: Download, version: int, now: dt.datetime) -> tuple[CanonicalFile, RawObject]:
        """Records and original of a file; a file that is malformed or cut short becomes one quarantined record, with all its bytes.

        Args:
            name: on the server, for positions.
            download: the local copy.
            version: 0 for the first content under the name.
            now: time of the poll, aware UTC.
        """
        raw = download.path.read_bytes()
        media_type = "application/octet-stream"
        origin = FileOrigin(
            source=self._config.name,
            tenant_id=self._config.tenant_id,
            path=name,
            sha256=download.sha256,
            revision=version,
            bank_code=self._options.bank_code,
            accounts=self._options.accounts,
            ingested_at=now,
            types=self._options.types,
        )
        try:
            file, media_type = self._parse(download.path, origin)
        except FileFormatError as error:
            # The digest makes the position of a corrected file under the same name a new one.
            bad = BadRecord("malformed_file", str(error), f"{name}@{download.sha256[:12]}", raw)
            file = CanonicalFile(bad=[bad])
        return file, RawObject(download.sha256, raw, media_type)

    def _parse(self, path: Path, origin: FileOrigin) -> tuple[CanonicalFile, str]:
        with path.open("rb") as stream:
            form = self._format or sniff_stream(stream)
            return canonicalise(form.parse(stream, self._parse_options), origin), form.media_type
