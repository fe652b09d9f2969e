"""A connection that is cut after any number of bytes: a retryable error, nothing half-read, and the next poll gives everything."""

import datetime as dt
import os
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.local.sftp import SftpAccess
from producers.errors import TransientError
from producers.kit.contract import Page
from producers.providers.sftp_drop.connector import build
from producers.providers.sftp_drop.download import _part_name
from producers.providers.sftp_drop.session import RemoteFile
from reconduit.sources import SecretRef, SourceConfig
from tests.fixtures import statement_files as files
from tests.fixtures.cutting_proxy import cutting_proxy
from tests.fixtures.waiting import eventually

NOW = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 2)


@pytest.mark.parametrize("limit", [0, 10, 900, 3000, 8000, 60_000, 250_000])
def test_a_cut_connection_is_retryable_and_loses_nothing(sftp_server, tmp_path, limit):
    assert sftp_server.folder is not None
    (sftp_server.folder / "in").mkdir()
    entries = [files.Line(100, True, DAY, DAY, f"R{number}", f"B{number}", os.urandom(100).hex()) for number in range(800)]
    (sftp_server.folder / "in" / "day.xml").write_bytes(files.camt(0, entries))
    modified = int((sftp_server.folder / "in" / "day.xml").stat().st_mtime)
    size = (sftp_server.folder / "in" / "day.xml").stat().st_size
    assert size > 250_000
    cursor = {"observed": {"day.xml": [size, modified]}}
    port = urlsplit(sftp_server.url).port
    assert port is not None
    with cutting_proxy(port, limit) as proxied:
        key = sftp_server.known_hosts.read_text().split(" ", 1)[1]
        (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{proxied} {key}")
        access = SftpAccess(
            url=f"sftp://reconduit@127.0.0.1:{proxied}/in",
            private_key=sftp_server.private_key,
            known_hosts=tmp_path / "known_hosts",
        )
        pages: list[Page] = []
        with pytest.raises(TransientError):
            pages.extend(_connector(access).poll(cursor, NOW))
        assert pages == []
    direct = SftpAccess(url=f"{sftp_server.url}in", private_key=sftp_server.private_key, known_hosts=sftp_server.known_hosts)
    (page,) = [page for page in _connector(direct).poll(cursor, NOW) if page.raw]
    assert len(page.transactions) == 800
    eventually(lambda: not _sending_ahead(), lambda: f"left behind: {_sending_ahead()}")


def test_a_cut_download_goes_on_where_it_ended(sftp_server, tmp_path):
    assert sftp_server.folder is not None
    (sftp_server.folder / "in").mkdir()
    path = sftp_server.folder / "in" / "day.xml"
    entries = [files.Line(100, True, DAY, DAY, f"R{number}", f"B{number}", os.urandom(500).hex()) for number in range(1500)]
    path.write_bytes(files.camt(0, entries))
    size, modified = path.stat().st_size, int(path.stat().st_mtime)
    cursor = {"observed": {"day.xml": [size, modified]}}
    port = urlsplit(sftp_server.url).port
    assert port is not None
    landing = tmp_path / "landing"
    with cutting_proxy(port, size * 2 // 3) as proxied:
        key = sftp_server.known_hosts.read_text().split(" ", 1)[1]
        (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{proxied} {key}")
        access = SftpAccess(
            url=f"sftp://reconduit@127.0.0.1:{proxied}/in",
            private_key=sftp_server.private_key,
            known_hosts=tmp_path / "known_hosts",
        )
        with pytest.raises(TransientError):
            list(_connector(access, landing).poll(cursor, NOW))
        (part,) = (landing / "camt").glob("*.part")
        assert 0 < part.stat().st_size < size
        # No connection lets the whole file through, so only one that goes on can end.
        for _ in range(5):
            with suppress(TransientError):
                pages = [page for page in _connector(access, landing).poll(cursor, NOW) if page.raw]
                break
        (page,) = pages
    assert (len(page.transactions), page.raw[0].content) == (1500, path.read_bytes())
    assert list((landing / "camt").iterdir()) == []


def test_a_part_of_other_content_is_not_continued(sftp_server, tmp_path):
    assert sftp_server.folder is not None
    (sftp_server.folder / "in").mkdir()
    path = sftp_server.folder / "in" / "day.xml"
    path.write_bytes(files.camt(0, [files.Line(100, True, DAY, DAY, "R1", "B1", "x")]))
    size, modified = path.stat().st_size, int(path.stat().st_mtime)
    access = SftpAccess(url=f"{sftp_server.url}in", private_key=sftp_server.private_key, known_hosts=sftp_server.known_hosts)
    landing = tmp_path / "landing" / "camt"
    landing.mkdir(parents=True)
    (landing / _part_name("/in", RemoteFile("day.xml", size, modified))).write_bytes(b"<Other" * 20)
    cursor = {"observed": {"day.xml": [size, modified]}}
    (page,) = [page for page in _connector(access, tmp_path / "landing").poll(cursor, NOW) if page.raw]
    assert page.raw[0].content == path.read_bytes()


def _sending_ahead() -> list[str]:
    """Threads of the library that still want to send requests ahead."""
    return [thread.name for thread in threading.enumerate() if "_prefetch" in thread.name or "send_quietly" in thread.name]


def _connector(access: SftpAccess, landing: Path | None = None):
    return build(
        SourceConfig(
            name="camt",
            connector="sftp_drop",
            base_url=access.url,
            options={"known_hosts": str(access.known_hosts), "connect_seconds": 60, "concurrent_reads": 2, "landing": landing},
            secrets={"private_key": SecretRef(file=access.private_key)},
        )
    )
