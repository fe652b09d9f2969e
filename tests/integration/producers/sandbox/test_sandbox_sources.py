"""The demo's API sources read the sandbox over real sockets: everything the truth names arrives, once, with the right money."""

from collections import Counter
from contextlib import closing

import httpx
import pytest

from producers.errors import ProducerError
from producers.kit.contract import Page
from producers.kit.testing import without_waiting
from producers.sandbox.faults import Fault
from schemas.records import CanonicalTransaction, Direction

pytestmark = pytest.mark.integration

API_SOURCES = ("hdfc", "icici", "sbi", "razorpay", "core", "gateway", "mobile")
BANKS = ("hdfc", "icici", "sbi")


def poll(sandbox, name) -> list[Page]:
    with closing(sandbox.connector(name)) as connector:
        return list(connector.poll({}, sandbox.clock()))


class Polled(dict[str, list[Page]]):
    """One complete poll of each source, made when it is first asked for."""

    def __init__(self, sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def __missing__(self, name: str) -> list[Page]:
        self._sandbox.faults.enabled = False
        self[name] = poll(self._sandbox, name)
        return self[name]


@pytest.fixture(scope="module")
def polled(sandbox) -> Polled:
    return Polled(sandbox)


def latest(pages: list[Page]) -> dict[str, CanonicalTransaction]:
    found: dict[str, CanonicalTransaction] = {}
    for record in (record for page in pages for record in page.transactions):
        if record.txn_id not in found or record.revision >= found[record.txn_id].revision:
            found[record.txn_id] = record
    return found


def test_every_record_of_the_truth_arrives(sandbox, polled) -> None:
    truth = sandbox.world.truth(sandbox.clock())
    named = {member for label in (*truth.matches, *truth.breaks) for member in label.members if member[0] in API_SOURCES}
    arrived = {(name, txn_id) for name in API_SOURCES for txn_id in latest(polled[name])}
    assert len(named) > 1000
    assert named <= arrived


@pytest.mark.parametrize("bank", BANKS)
def test_bank_lines_are_the_money_of_the_world(sandbox, polled, bank) -> None:
    now = sandbox.clock()
    (account,) = sandbox.world.accounts(bank)
    lines = sandbox.world.bank_lines(bank, account, now)
    told = {f"{account}:{line.line_id}": (line.amount_minor, line.direction, line.value_date) for line in lines}
    read = {key: (r.amount_minor, r.direction.value, r.value_date) for key, r in latest(polled[bank]).items()}
    assert read == told


@pytest.mark.parametrize("bank", ["icici", "sbi"])
def test_bank_references_are_read_from_the_narration(sandbox, polled, bank) -> None:
    account = sandbox.world.accounts(bank)[0]
    records = latest(polled[bank])
    for match in sandbox.world.truth(sandbox.clock()).matches:
        for source, txn_id in match.members:
            if source == bank and match.label.startswith("exact"):
                line = next(
                    line
                    for line in sandbox.world.bank_lines(bank, account, sandbox.clock())
                    if txn_id == f"{account}:{line.line_id}"
                )
                assert records[txn_id].reference_number == line.reference


def test_items_carry_the_utr_and_net_to_the_settlement(sandbox, polled) -> None:
    net: Counter[str] = Counter()
    for record in latest(polled["razorpay"]).values():
        if record.settlement_id:
            sign = 1 if record.direction is Direction.CREDIT else -1
            net[record.settlement_id] += sign * record.amount_minor - (record.fee_minor or 0)
    credited = {r.settlement_id: r.amount_minor for r in latest(polled["hdfc"]).values() if r.direction is Direction.CREDIT}
    truth = sandbox.world.truth(sandbox.clock())
    settled = [match for match in truth.matches if match.reconciliation == "razorpay-settlements"]
    assert len([utr for utr in net if net[utr] == credited.get(utr)]) == len(settled) > 0


@pytest.mark.parametrize("feed", ["core", "gateway", "mobile"])
def test_feed_gives_every_revision_and_quarantines_the_malformed(sandbox, polled, feed) -> None:
    now = sandbox.clock()
    told = Counter((r.record_id, r.revision) for r in sandbox.world.feed(feed, now) if r.amount_text is None)
    pages = polled[feed]
    read = Counter((r.txn_id, r.revision) for page in pages for r in page.transactions)
    assert read == told
    bad = [bad for page in pages for bad in page.bad]
    assert [b.reason for b in bad] == ["amount"]
    assert b"12.3.4" in bad[0].raw
    assert sum(page.fetched for page in pages) == sum(told.values()) + 1
    (watermark,) = pages[-1].statements
    assert watermark.complete_through == sandbox.world.complete_through(now)


def test_no_source_but_the_feeds_has_bad_records(polled) -> None:
    assert {name for name in API_SOURCES if any(page.bad for page in polled[name])} == {"core", "gateway", "mobile"}


def test_faults_delay_a_source_but_lose_nothing(sandbox, polled) -> None:
    plan = sandbox.faults
    plan.per_thousand, plan.slow_seconds, plan.enabled = 500, 0.01, True
    read: list[Page] = []
    failures = 0
    try:
        with closing(sandbox.connector("core", page_size=10)) as connector, without_waiting():
            for _ in range(50):
                try:
                    for page in connector.poll(read[-1].cursor if read else {}, sandbox.clock()):
                        read.append(page)  # noqa: PERF402 - the pages before an error stay
                    break
                except ProducerError as error:
                    assert error.retryable, error
                    failures += 1
        injected = {key.partition(":")[2] for key in plan.injected if key.startswith("core:")}
    finally:
        plan.enabled = False
    assert read[-1].statements, f"not complete after {failures} failed polls"
    assert injected == set(Fault)
    whole = [(r.txn_id, r.revision) for page in polled["core"] for r in page.transactions]
    assert [(r.txn_id, r.revision) for page in read for r in page.transactions] == whole


def test_truth_health_and_fault_switch(sandbox) -> None:
    with httpx.Client(base_url=sandbox.url, timeout=60) as client:
        assert client.get("/_sandbox/health").json()["status"] == "ok"
        truth = client.get("/_sandbox/truth").json()
        assert {match["reconciliation"] for match in truth["matches"]} == {
            "payments-three-way",
            "razorpay-settlements",
            "ledger-bank",
        }
        assert client.put("/_sandbox/faults", json={"enabled": True}).json()["enabled"] is True
        assert sandbox.faults.enabled is True
        assert client.put("/_sandbox/faults", json={"enabled": False}).json()["enabled"] is False
        assert client.put("/_sandbox/faults", json={"enabled": "perhaps"}).status_code == 422


@pytest.mark.parametrize("path", ["/feeds/core/records", "/razorpay/v1/settlements"])
def test_wrong_credentials_are_refused(sandbox, path) -> None:
    with httpx.Client(base_url=sandbox.url, timeout=60) as client:
        assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_credentials_are_for_the_owner_only(sandbox) -> None:
    files = [path for path in sandbox.credentials.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
