"""A connection that is cut after any number of bytes: a retryable error, nothing half-read, and the next poll gives everything."""

import datetime as dt
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from deploy.local.sftp import SftpAccess
from producers.errors import TransientError
from producers.kit.contract import Page
from producers.providers.sftp_drop.connector import build
from reconduit.sources import SecretRef, SourceConfig
from tests.fixtures import statement_files as files

NOW = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 2)


def _pump(source: socket.socket, target: socket.socket, limit: int) -> None:
    with suppress(OSError):
        while limit > 0 and (data := source.recv(min(4096, limit))):
            target.sendall(data)
            limit -= len(data)
    for end in (source, target):
        # A close alone tells the peer nothing while the other thread still reads from the socket.
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def cutting_proxy(port: int, limit: int) -> Iterator[int]:
    """A port that forwards to `port` and closes each connection after `limit` bytes from the server."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                server = socket.create_connection(("127.0.0.1", port))
                threading.Thread(target=_pump, args=(client, server, 1 << 30), daemon=True).start()
                threading.Thread(target=_pump, args=(server, client, limit), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


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


def _connector(access: SftpAccess):
    return build(
        SourceConfig(
            name="camt",
            connector="sftp_drop",
            base_url=access.url,
            options={"known_hosts": str(access.known_hosts), "connect_seconds": 5, "read_seconds": 5},
            secrets={"private_key": SecretRef(file=access.private_key)},
        )
    )
