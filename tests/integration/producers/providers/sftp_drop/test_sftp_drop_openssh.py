"""The SFTP drop against OpenSSH's own server: log-in by key, a jump host, versions, a cut download, and a changed host key."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from producers.errors import AuthenticationError, TransientError
from producers.kit.contract import Cursor, Page
from producers.providers.sftp_drop.connector import build
from reconduit.sources import SecretRef, SourceConfig
from tests.fixtures import statement_files as files
from tests.fixtures.cutting_proxy import cutting_proxy
from tests.fixtures.drop_feeds import DAY, NOW, content
from tests.fixtures.openssh import OpenSsh, open_ssh


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with open_ssh(tmp_path_factory.mktemp("openssh")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "day.xml").write_bytes(content())
    return tmp_path / "in"


def poll(server: OpenSsh, folder: Path, cursor: Cursor | None = None, **options: object) -> list[Page]:
    known_hosts = folder.with_name("known_hosts")
    if not known_hosts.exists():
        server.pin(known_hosts)
    config = SourceConfig(
        name="camt",
        connector="sftp_drop",
        base_url=f"sftp://{server.user}@127.0.0.1:{server.port}{folder}",
        options={"known_hosts": known_hosts, "completeness": "rename", "connect_seconds": 60, **options},
        secrets={"private_key": SecretRef(file=server.private_key)},
    )
    return list(build(config).poll(cursor or {}, NOW))


def names(pages: list[Page]) -> list[str]:
    return [record.txn_id for page in pages for record in page.transactions]


def test_a_log_in_by_key_and_new_content_under_the_same_name(server: OpenSsh, folder: Path):
    pages = poll(server, folder)
    assert names(pages) == ["DE123:BR1"]
    (folder / "day.xml").write_bytes(content(amount=700))
    os.utime(folder / "day.xml", (1_769_000_100, 1_769_000_100))
    page, *_ = poll(server, folder, json.loads(json.dumps(pages[-1].cursor)))
    assert [(record.amount_minor, record.revision) for record in page.transactions] == [(700, 1)]


def test_by_way_of_itself(server: OpenSsh, folder: Path):
    assert names(poll(server, folder, jump=[f"ssh://{server.user}@127.0.0.1:{server.port}"])) == ["DE123:BR1"]


def test_another_host_key_than_the_pinned_one_stops_the_feed(server: OpenSsh, folder: Path, tmp_path: Path):
    replace(server, known_host=server.known_host[:-8] + "AAAAAAAA").pin(tmp_path / "known_hosts")
    with pytest.raises(AuthenticationError, match="host key"):
        poll(server, folder)


def test_a_cut_download_goes_on_where_it_ended(server: OpenSsh, folder: Path, tmp_path: Path):
    entries = [files.Line(100, True, DAY, DAY, f"R{number}", f"B{number}", os.urandom(100).hex()) for number in range(3000)]
    (folder / "day.xml").write_bytes(files.camt(0, entries))
    size = (folder / "day.xml").stat().st_size
    assert size > 1_000_000
    landing = tmp_path / "landing"
    with cutting_proxy(server.port, size * 2 // 3) as port:
        server.pin(tmp_path / "known_hosts", port)
        proxied = replace(server, port=port)
        with pytest.raises(TransientError):
            poll(proxied, folder, landing=str(landing))
        (part,) = (landing / "camt").glob("*.part")
        assert 0 < part.stat().st_size < size
        # No connection lets the whole file through, so only one that goes on can end.
        pages: list[Page] = []
        for _ in range(5):
            with suppress(TransientError):
                pages = poll(proxied, folder, landing=str(landing))
                break
    assert len(names(pages)) == 3000
