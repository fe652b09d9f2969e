"""Statement files from an SFTP server, each read once it has stopped changing, and never deleted.

A file is read when it is complete by the feed's own sign (`completeness.py`) and ends as its format does. What was read is
remembered by content: the same bytes under another name are skipped, other bytes under the same name are a new version. One
transferred file is one page, an archive with all its members.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog
from pydantic import ValidationError

from producers.errors import ConfigurationError, PermissionDeniedError
from producers.kit.contract import BadRecord, Capabilities, Connector, Cursor, Page
from producers.providers.sftp_drop.completeness import Arrivals, Missing
from producers.providers.sftp_drop.download import fetch, forget_parts
from producers.providers.sftp_drop.intake import FileIntake
from producers.providers.sftp_drop.ledger import FileLedger
from producers.providers.sftp_drop.listing import base_of, list_drop
from producers.providers.sftp_drop.names import refusal
from producers.providers.sftp_drop.opening import FileOpening
from producers.providers.sftp_drop.options import SECRETS, SftpDropOptions, parse_address
from producers.providers.sftp_drop.session import RemoteFile, SftpSession
from producers.providers.sftp_drop.trailer import parse_trailer
from producers.providers.sftp_drop.transfer import Transfer, Unterminated
from reconduit.sources import SourceConfig

__all__ = ["SftpDropConnector", "build"]

_log = structlog.get_logger(__name__)


class SftpDropConnector:
    """Reads the files of one folder."""

    capabilities = Capabilities(incremental=True, revisions=True, statements=True, watermark=True, files=True)

    def __init__(self, config: SourceConfig, options: SftpDropOptions, secrets: Mapping[str, str]) -> None:
        self._config = config
        self._options = options
        self._secrets = secrets
        self._address = parse_address(config.base_url)
        self._base = base_of(self._address.folder)
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._transfer = Transfer(
            config.name, config.tenant_id, options, FileOpening(options, secrets, config.name), FileIntake(config, options)
        )

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """One page for each file that has become readable, then one that remembers what else was seen, if anything changed.

        Raises:
            ProducerError: as `SftpSession`; pages before it are valid.
        """
        ledger = FileLedger.from_cursor(cursor)
        options, landing = self._options, self._landing()
        with SftpSession(self._address, options, self._secrets, self._config.name) as session:
            listed = list_drop(session, self._address.folder, options, now)
            arrivals = Arrivals(listed, options, ledger, self._config.name, now)
            ledger.forget_missing(arrivals.names_to_keep())
            forget_parts(landing, self._base, arrivals.data)
            files, bytes_left = 0, options.bytes_per_round
            for file in arrivals.data:
                if ledger.is_done(file, arrivals.trailer_of(file)):
                    continue
                page = self._refused(file, ledger)
                if page is None and arrivals.is_ready(file):
                    if files >= options.files_per_round or (files and file.size > bytes_left):
                        _log.info("the round's quota is used up; the rest is read in the next one", source=self._config.name)
                        break
                    files, bytes_left = files + 1, bytes_left - file.size
                    page = self._fetched(session, file, arrivals, ledger, now)
                if page is not None:
                    yield page
        arrivals.close()
        if ledger.to_cursor() != cursor:
            yield Page(cursor=ledger.to_cursor())

    def close(self) -> None:
        """Delete the temporary folder, with what an unfinished download left there."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _landing(self) -> Path:
        """The folder for downloads. A configured one outlives the process, so a download that was cut goes on after a restart."""
        if self._options.landing is not None:
            folder = self._options.landing / self._config.name
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return folder
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix=f"reconduit-{self._config.name}-")
        return Path(self._temporary.name)

    def _refused(self, file: RemoteFile, ledger: FileLedger) -> Page | None:
        reason = next(filter(None, map(refusal, file.name.split("/"))), None)
        if reason is not None:
            bad = BadRecord(
                "odd_file_name", f"file {file.name!r} is not read: {reason}", ascii(file.name), file.name.encode("utf-8", "replace")
            )
        elif file.size > self._options.max_file_bytes:
            limit = self._options.max_file_bytes
            detail = f"file {file.name} has {file.size} bytes, more than max_file_bytes {limit} of source {self._config.name}"
            bad = BadRecord("file_too_large", detail, f"{file.name}@{file.size}", b"")
        else:
            return None
        _log.warning("file refused", source=self._config.name, reason=bad.reason, position=bad.position)
        ledger.finish(file, "", 0)
        return Page(cursor=ledger.to_cursor(), bad=(bad,), fetched=1)

    def _fetched(
        self, session: SftpSession, file: RemoteFile, arrivals: Arrivals, ledger: FileLedger, now: dt.datetime
    ) -> Page | None:
        landing, trailer = self._landing(), arrivals.trailer_of(file)
        try:
            download = fetch(session, self._base, file, landing)
            control = None if trailer is None else fetch(session, self._base, trailer, landing)
        except PermissionDeniedError as error:
            # One file that may not be read must not hold up the others.
            _log.warning("file may not be read", source=self._config.name, file=file.name, reason=str(error))
            arrivals.wait(file, Missing.PERMISSION)
            return None
        if download is None or (trailer is not None and control is None):
            _log.info("file changed while it was read; it is looked at again", source=self._config.name, file=file.name)
            ledger.observed.pop(file.name, None)
            return None
        if trailer is not None:
            ledger.trailers[file.name] = (trailer.size, trailer.modified)
        try:
            return self._transfer.page(
                file,
                download,
                landing,
                ledger,
                now,
                promises=lambda: {} if control is None else parse_trailer(control.path.read_bytes(), self._options.trailer),
                is_settled=arrivals.is_settled(file),
            )
        except Unterminated:
            _log.info("file does not end as its format does; it is looked at again", source=self._config.name, file=file.name)
            ledger.observed.pop(file.name, None)
            arrivals.wait(file, Missing.END)
            return None
        finally:
            for rest in landing.iterdir():
                if rest.suffix != ".part":
                    rest.unlink()


def build(config: SourceConfig) -> Connector:
    """The connector of a configured drop.

    Raises:
        ConfigurationError: the address, an option or the choice of secrets is wrong.
        SettingsError: a secret cannot be read.
    """
    try:
        options = SftpDropOptions.model_validate(config.options)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise ConfigurationError(f"source {config.name}: options: {wrong}") from None
    unknown = set(config.secrets) - set(SECRETS)
    if unknown:
        raise ConfigurationError(
            f"source {config.name}: secrets {', '.join(sorted(unknown))} are not known; use {', '.join(SECRETS)}"
        )
    if "private_key" not in config.secrets and "password" not in config.secrets:
        raise ConfigurationError(f"source {config.name}: secrets must name private_key or password")
    secrets = {name: reference.resolve().get_secret_value() for name, reference in config.secrets.items()}
    return SftpDropConnector(config, options, secrets)
