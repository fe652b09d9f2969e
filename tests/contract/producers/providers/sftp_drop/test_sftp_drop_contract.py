"""The drop of statement files keeps what of the contract a source without HTTP can keep, on a real SSH server."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import ClassVar

import pytest

from producers.kit.contract import Connector
from producers.kit.testing import ConnectorContract, FakeProvider, FakeRequest, FakeResponse, Fault, SampleRecord, without_waiting
from producers.providers.sftp_drop.connector import build
from reconduit.sources import SecretRef, SourceConfig
from tests.fixtures import statement_files as files
from tests.fixtures.drop_feeds import NOW
from tests.fixtures.ssh_servers import SshServer, ssh_server

PASSWORD = "drop-password-for-tests"


class Drop(FakeProvider):
    """The address of an SSH server. Its faults: the password is another one now, nobody is there, or nobody says a word."""

    def __init__(self, server: SshServer, known_hosts: Path) -> None:
        super().__init__(lambda _: FakeResponse())
        self._url = f"sftp://me@127.0.0.1:{server.port}/in"
        self.fault: Fault | None = None

        self._silent = socket.create_server(("127.0.0.1", 0))
        replace(server, port=self._silent.getsockname()[1]).pin(known_hosts)

    @property
    def base_url(self) -> str:
        if self.fault in (None, Fault.UNAUTHORIZED):
            return self._url
        port = self._silent.getsockname()[1] if self.fault is Fault.SILENT else 9
        return f"sftp://me@127.0.0.1:{port}/in"

    def break_with(
        self, fault: Fault, *, skip: int = 0, times: int | None = None, only: Callable[[FakeRequest], bool] = lambda _: True
    ) -> None:
        self.fault = fault

    def heal(self) -> None:
        self.fault = None

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._silent.close()
        super().__exit__(kind, value, trace)


class TestSftpDrop(ConnectorContract):
    connectors = ("sftp_drop",)
    now = NOW
    currency = "EUR"
    secrets: ClassVar[tuple[str, ...]] = (PASSWORD,)
    not_applicable: ClassVar[Mapping[str, str]] = {
        "paging_to_the_end": "a file is one page, and the server's listing has no pages",
        "mutation_between_pages": "a listing is read at once; files that change meanwhile are in test_sftp_drop_cut.py",
        "passing_faults": "there is no HTTP; lost connections are in test_sftp_drop_cut.py",
        "one_failure": "there is no HTTP, and a lost connection ends the round; the next one goes on where it was",
        "rate_limits": "SFTP has no answer that asks for a pause; the round's quota is in bytes and files",
        "token_refresh": "each round logs in with the key or the password itself",
        "unknown_values": "what stands in a file is the format's matter, tested with each format",
        "unknown_fields": "what stands in a file is the format's matter, tested with each format",
        "currency_decimals": "what stands in a file is the format's matter, tested with each format",
        "time_zones": "statement files have booking dates, and each format says in which zone",
        "daylight_saving": "statement files have booking dates, and each format says in which zone",
    }

    @pytest.fixture(autouse=True)
    def _server(self, tmp_path: Path) -> Iterator[None]:
        self.root = tmp_path / "root"
        (self.root / "in").mkdir(parents=True)
        for name, text in (("password", PASSWORD), ("password of last year", "another-password")):
            (tmp_path / name).write_text(text, encoding="utf-8")
        with ssh_server(self.root, methods="password", password=PASSWORD) as self.server:
            self.known_hosts = self.server.pin(tmp_path / "known_hosts")
            yield

    @contextmanager
    def provider(self, records: Sequence[SampleRecord] | None = None) -> Iterator[FakeProvider]:
        self.show(self.samples() if records is None else records)
        with Drop(self.server, self.known_hosts) as self.drop, without_waiting():
            yield self.drop

    def show(self, records: Sequence[SampleRecord]) -> None:
        super().show(records)
        for path in (self.root / "in").iterdir():
            path.unlink()
        for record in records:
            (self.root / "in" / f"{record.number:03}-{record.arrival:03}.xml").write_bytes(statement(record))

    def build(self, base_url: str) -> Connector:
        seconds = 1 if self.drop.fault is Fault.SILENT else 5
        password = "password of last year" if self.drop.fault is Fault.UNAUTHORIZED else "password"
        config = SourceConfig(
            name="camt",
            connector="sftp_drop",
            base_url=base_url,
            options={
                "known_hosts": self.known_hosts,
                "completeness": "rename",
                "connect_seconds": seconds,
            },
            secrets={"password": SecretRef(file=self.known_hosts.parent / password)},
        )
        return build(config)


def statement(record: SampleRecord) -> bytes:
    """A camt.053 statement of its own for each record."""
    day = record.booked_at.date()
    line = files.Line(record.amount_minor, record.is_credit, day, day, f"R{record.number}", f"B{record.number}", record.text)
    closing = record.amount_minor if record.is_credit else -record.amount_minor
    return "".join(files.camt_parts(0, closing, [files.camt_entry(line)], statement=f"S{record.number}")).encode()
