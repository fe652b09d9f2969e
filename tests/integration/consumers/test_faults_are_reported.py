"""The two audits find damage that is planted behind everybody's back, and name it."""

from collections.abc import Callable

import pytest

from tests.fixtures.scene import Scene, faults_of, query, store
from tests.fixtures.workers import Log
from tests.integration.consumers.conftest import Open

pytestmark = pytest.mark.integration


@pytest.fixture
def settled(scene: Scene, database_url: str, open_service: Open) -> str:
    """A database with one match and one break, and nothing wrong; returns its URL."""
    connection, service = open_service()
    records = [scene.record(kind, kind, reference_number="R1") for kind in ("core", "gateway", "mobile")]
    store(connection, service, scene, *records, scene.record("core", "lonely", reference_number="R2"))
    assert not faults_of(database_url)
    return database_url


_SECOND_MATCH = """
INSERT INTO match SELECT reconciliation_id, group_hash + 1, stage, decision, final, rule_version, probability_ppm, amount_minor,
    currency, account_id, booked_on, key, sides, members, reasons FROM match RETURNING 1
"""
_SECOND_REVISION = """
INSERT INTO transaction SELECT group_hash, txn_hash, second_hash, kafka_offset, 1, amount_minor, fee_minor, booked_us, value_date,
    source_id, direction, status, kafka_partition, is_reversal, superseded, currency, account_id, txn_id, reference_number,
    settlement_id, detail FROM transaction WHERE txn_id = 'lonely' RETURNING 1
"""


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_SECOND_MATCH, "3 records are in two decisions"),
        ("UPDATE break SET members = (SELECT members FROM match) RETURNING 1", "3 records are in two decisions"),
        ("DELETE FROM transaction WHERE txn_id = 'lonely' RETURNING 1", "1 members of decisions are not live records"),
        (
            "UPDATE transaction SET superseded = true WHERE txn_id = 'core' RETURNING 1",
            "1 members of decisions are not live records",
        ),
        (_SECOND_REVISION, "1 records have two live revisions"),
    ],
    ids=["match-twice", "match-and-break", "lost", "superseded", "two-revisions"],
)
def test_conservation_among_the_tables(settled: str, damage: str, told: str) -> None:
    query(settled, damage)
    found = faults_of(settled)
    assert any(told in fault for fault in found), found


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM transaction WHERE txn_id = 'core' RETURNING 1", ["the log alone has 2 revisions", "the tables alone has 1 "]),
        ("UPDATE transaction SET amount_minor = 1 WHERE txn_id = 'core' RETURNING 1", ["sum 20000 INR", "sum 10001 INR"]),
        ("UPDATE transaction SET account_id = 'other' WHERE txn_id = 'mobile' RETURNING 1", ["account acc", "account other"]),
        ("DELETE FROM quarantine RETURNING 1", ["1 messages are bad, 0 are in quarantine"]),
    ],
    ids=["lost", "amount", "account", "quarantine"],
)
def test_the_log_against_the_tables(
    scene: Scene, log: Log, settled: str, damage: str, told: list[str], quarantined: Callable[[str], None]
) -> None:
    records = [scene.record(kind, kind, reference_number="R1") for kind in ("core", "gateway", "mobile")]
    log.publish([*records, records[0], scene.record("core", "lonely", reference_number="R2")])
    quarantined(settled)
    assert not log.faults(settled)
    query(settled, damage)
    faults = [fault for fault in log.faults(settled) if fault.split(":")[0].endswith(scene.suffix)]
    assert faults
    assert all(any(part in fault for fault in faults) for part in told), faults


@pytest.fixture
def quarantined(scene: Scene, log: Log) -> Callable[[str], None]:
    """Puts a bad message into the log and into quarantine."""

    def plant(url: str) -> None:
        topic = f"{scene.name('gateway')}_txns"
        log.publish_raw([(topic, 0, b"junk")])
        query(
            url,
            "INSERT INTO quarantine (source, stage, reason, detail, position, raw, headers) "
            "VALUES (%s, 'consumer', 'wire_format', 'bad', %s, 'junk', '{}') RETURNING 1",
            scene.name("gateway"),
            f"{topic}/0/0",
        )

    return plant
