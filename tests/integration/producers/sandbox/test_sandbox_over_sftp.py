"""The sandbox's statement files over a real SFTP server: every line of the world arrives once, accidents and all."""

import datetime as dt
from collections import Counter
from contextlib import closing

import pytest

from deploy.local.sftp import SftpAccess
from producers.kit.contract import Page
from producers.kit.registry import build_connector
from producers.sandbox.accounts import account_of
from producers.sandbox.drops import write_drops
from producers.sandbox.world import SeededWorld
from reconduit.sources import SourceConfig
from schemas.records import Proof

pytestmark = pytest.mark.integration

AS_OF = dt.date(2026, 3, 4)
NOW = dt.datetime(2026, 3, 4, 1, tzinfo=dt.UTC)


def poll_until_quiet(config: SourceConfig) -> list[Page]:
    """A file must be seen twice, so the first poll reads nothing."""
    pages: list[Page] = []
    for minute in range(4):
        with closing(build_connector(config)) as connector:
            pages += connector.poll(pages[-1].cursor if pages else {}, NOW + dt.timedelta(minutes=minute))
    return pages


@pytest.mark.parametrize("bank", ["camt", "mt940"])
def test_drops_arrive_once_and_whole(sftp_server: SftpAccess, bank: str) -> None:
    world = SeededWorld(7, AS_OF, 400)
    assert sftp_server.folder is not None
    write_drops(world, sftp_server.folder, AS_OF, NOW)
    config = SourceConfig(
        name=bank,
        connector="sftp_drop",
        base_url=f"{sftp_server.url.rstrip('/')}/{bank}",
        options={
            "known_hosts": str(sftp_server.known_hosts),
            "pattern": "*.xml" if bank == "camt" else "*.sta",
            "unterminated_seconds": 0,
        },
        secrets={"private_key": {"file": str(sftp_server.private_key)}},
    )
    pages = poll_until_quiet(config)
    account = account_of(bank).account_id
    lines = world.bank_lines(bank, account, NOW)
    told = Counter((f"{account}:{line.line_id}", line.amount_minor, line.direction, line.reference) for line in lines)
    read = Counter(
        (record.txn_id, record.amount_minor, record.direction.value, record.reference_number)
        for page in pages
        for record in page.transactions
    )
    assert read == told
    statements = [s for page in pages for s in page.statements if s.closing_minor is not None]
    assert [s.proof for s in statements] == [Proof.PROVED] * 14
    bad = [record for page in pages for record in page.bad]
    assert len(bad) == (1 if bank == "camt" else 0)
    assert all("broken_" in record.position for record in bad)
