"""The sandbox's deliveries, with their accidents, read over SSH: every line once, the broken file in quarantine, no gap."""

import datetime as dt

import pytest

from deploy.local.sftp import SftpAccess
from producers.kit.contract import Cursor, Page
from producers.providers.sftp_drop.connector import build
from producers.sandbox.drops import write_drops
from producers.sandbox.world import SeededWorld
from reconduit.sources import SecretRef, SourceConfig
from schemas.records import Proof, StatementKind

AS_OF = dt.date(2026, 2, 1)
NOW = dt.datetime(2026, 2, 1, 6, tzinfo=dt.UTC)


@pytest.mark.parametrize(("bank", "form", "broken"), [("camt", "camt.053", 1), ("mt940", "mt940", 0)])
def test_every_line_of_the_world_arrives_once(sftp_server: SftpAccess, bank: str, form: str, broken: int) -> None:
    assert sftp_server.folder is not None
    world = SeededWorld(seed=7, as_of=AS_OF, payments=300)
    write_drops(world, sftp_server.folder, AS_OF, NOW)
    config = SourceConfig(
        name=bank,
        connector="sftp_drop",
        base_url=sftp_server.url + bank,
        options={"known_hosts": str(sftp_server.known_hosts), "format": form, "unterminated_seconds": 0},
        secrets={"private_key": SecretRef(file=sftp_server.private_key)},
    )
    cursor: Cursor = {}
    pages: list[Page] = []
    for _ in range(3):
        for page in build(config).poll(cursor, NOW):
            pages.append(page)
            cursor = page.cursor

    (account,) = world.accounts(bank)
    lines = [line for line in world.bank_lines(bank, account, NOW) if line.booked_at.date() < AS_OF]
    records = {record.txn_id: record for page in pages for record in page.transactions}
    assert len(records) == sum(len(page.transactions) for page in pages) == len(lines) > 0
    for line in lines:
        record = records[f"{account}:{line.line_id}"]
        assert (record.amount_minor, record.direction.value, record.currency) == (line.amount_minor, line.direction, line.currency)
        assert (record.reference_number, record.bank_reference) == (line.reference, line.line_id)
        assert (record.booked_at.date(), record.value_date) == (line.booked_at.date(), line.value_date)
        assert record.counterparty_name == (line.counterparty_name or None)
    assert [bad.reason for page in pages for bad in page.bad] == ["malformed_file"] * broken
    statements = [one for page in pages for one in page.statements]
    assert {one.proof for one in statements if one.kind is StatementKind.STATEMENT} == {Proof.PROVED}
    watermarks = [one.complete_through for one in statements if one.kind is StatementKind.WATERMARK]
    assert watermarks == sorted(watermarks, key=lambda time: time or NOW)
    assert watermarks[-1] == dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
