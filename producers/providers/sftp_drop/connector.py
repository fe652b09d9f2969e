"""Statement files from an SFTP server, each read once it has stopped changing, and never deleted.

A file is read when two polls saw it with the same size and time (a slow writer pauses, so the format's own terminator is required
besides). What was read is remembered by content: the same bytes under another name are skipped, other bytes under the same name
are a new version. One file is one page.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog
from pydantic import ValidationError

from producers.errors import ConfigurationError
from producers.kit.contract import BadRecord, Capabilities, Connector, Cursor, Page
from producers.providers.sftp_drop.intake import FileIntake
from producers.providers.sftp_drop.ledger import FileLedger
from producers.providers.sftp_drop.names import is_unfinished, refusal, wanted
from producers.providers.sftp_drop.options import SECRETS, SftpDropOptions, parse_address
from producers.providers.sftp_drop.session import Download, RemoteFile, SftpSession
from producers.providers.sftp_drop.watermark import advance, complete_through
from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, StatementKind

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
        self._intake = FileIntake(config, options)

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """One page for each file that has become readable, then one that remembers what else was seen, if anything changed.

        Raises:
            ProducerError: as `SftpSession`; pages before it are valid.
        """
        ledger = FileLedger.from_cursor(cursor)
        with (
            SftpSession(self._address, self._options, self._secrets, self._config.name) as session,
            self._landing() as landing,
        ):
            listed = [file for file in session.files() if wanted(file.name, self._options.pattern) and not is_unfinished(file.name)]
            ledger.forget_missing(file.name for file in listed)
            for file in sorted(listed, key=lambda found: (found.modified, found.name)):
                if ledger.is_done(file):
                    continue
                page = self._refused(file, ledger)
                if page is None and self._is_ready(file, ledger, now):
                    page = self._fetched(session, file, ledger, Path(landing), now)
                if page is not None:
                    yield page
        if ledger.to_cursor() != cursor:
            yield Page(cursor=ledger.to_cursor())

    def close(self) -> None:
        """Nothing stays open between polls."""

    def _landing(self) -> "tempfile.TemporaryDirectory[str]":
        folder = self._options.landing
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=f"reconduit-{self._config.name}-", dir=folder)

    def _is_ready(self, file: RemoteFile, ledger: FileLedger, now: dt.datetime) -> bool:
        quiet = self._options.quiet_seconds
        if quiet is not None and now.timestamp() - file.modified >= quiet:
            return True
        return ledger.is_stable(file)

    def _refused(self, file: RemoteFile, ledger: FileLedger) -> Page | None:
        reason = refusal(file.name)
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

    def _fetched(self, session: SftpSession, file: RemoteFile, ledger: FileLedger, landing: Path, now: dt.datetime) -> Page | None:
        download = session.fetch(file, landing)
        if download is None:
            _log.info("file changed while it was read; it is looked at again", source=self._config.name, file=file.name)
            ledger.observed.pop(file.name, None)
            return None
        twin = ledger.same_content(download.sha256)
        if twin is not None:
            _log.info("file has the content of another one and is skipped", source=self._config.name, file=file.name, same_as=twin)
            ledger.finish(file, download.sha256, ledger.known[twin].version)
            download.path.unlink()
            return None
        page = self._page(file, download, ledger, now)
        download.path.unlink()
        return page

    def _page(self, file: RemoteFile, download: Download, ledger: FileLedger, now: dt.datetime) -> Page:
        version = ledger.next_version(file.name)
        if version:
            _log.warning("file has new content under the same name", source=self._config.name, file=file.name, version=version)
        content, raw = self._intake.read(file.name, download, version, now)
        for finding in content.findings:
            _log.warning("statement finding", source=self._config.name, file=file.name, code=finding.code, message=finding.message)
        ledger.finish(file, download.sha256, version)
        watermarks = list(self._watermarks(content.statements, ledger, now))
        row = {
            "sha256": download.sha256,
            "path": file.name,
            "size": download.size,
            "outcome": "published" if content.statements else "quarantined",
            "entries": content.entries,
        }
        return Page(
            cursor=ledger.to_cursor(),
            transactions=content.transactions,
            statements=[*content.statements, *watermarks],
            bad=content.bad,
            raw=(raw,),
            fetched=len(content.transactions) + len(content.bad),
            files=(row,),
        )

    def _watermarks(
        self, statements: list[CanonicalStatement], ledger: FileLedger, now: dt.datetime
    ) -> Iterator[CanonicalStatement]:
        for statement in statements:
            key = f"{statement.account_id}/{statement.currency}"
            before = ledger.accounts.get(key)
            after = advance(before, statement)
            ledger.accounts[key] = after
            through = complete_through(after)
            if through is None or (before is not None and before.get("through") == after["through"]):
                continue
            yield CanonicalStatement(
                tenant_id=self._config.tenant_id,
                statement_id=f"watermark:{key}:{after['through']}",
                source=self._config.name,
                account_id=statement.account_id,
                currency=statement.currency,
                kind=StatementKind.WATERMARK,
                complete_through=through,
                ingested_at=now,
            )


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
