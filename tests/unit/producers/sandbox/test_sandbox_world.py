"""The seeded world: the same in every process, and its money adds up on every side."""

import datetime as dt
import os
import subprocess
import sys
from collections import Counter, defaultdict
from hashlib import sha256
from itertools import pairwise

import pytest

from producers.errors import ConfigurationError
from producers.sandbox.accounts import ACCOUNTS
from producers.sandbox.payments import MINIMUM_PAYMENTS
from producers.sandbox.world import SeededWorld
from reconciler.types import BreakType

AS_OF = dt.date(2026, 3, 4)
NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
FEEDS = ("core", "gateway", "mobile")


def fingerprint(world: SeededWorld) -> str:
    truth = world.truth(NOW)
    told = [
        [world.feed(name, NOW) for name in FEEDS],
        [world.bank_lines(account.bank, account.account_id, NOW) for account in ACCOUNTS],
        world.gateway_items(NOW),
        world.settlements(NOW),
        [(label.label, sorted(label.members)) for label in (*truth.matches, *truth.breaks)],
    ]
    return sha256(repr(told).encode()).hexdigest()


@pytest.fixture(scope="module")
def world() -> SeededWorld:
    return SeededWorld(11, AS_OF, 1000)


def test_same_seed_same_world_in_another_process(world: SeededWorld) -> None:
    script = (
        "import importlib.util as u, sys; spec = u.spec_from_file_location('world_test', sys.argv[1]);"
        "m = u.module_from_spec(spec); spec.loader.exec_module(m);"
        "print(m.fingerprint(m.SeededWorld(11, m.AS_OF, 1000)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, __file__],
        env=os.environ | {"PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == fingerprint(world)


def test_another_seed_is_another_world(world: SeededWorld) -> None:
    assert fingerprint(SeededWorld(12, AS_OF, 1000)) != fingerprint(world)


def test_too_few_payments_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=str(MINIMUM_PAYMENTS)):
        SeededWorld(11, AS_OF, MINIMUM_PAYMENTS - 1)


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.bank)
def test_balances_follow_from_the_lines(world: SeededWorld, account) -> None:
    balance = world.opening_balance(account.bank, account.account_id)
    lines = world.bank_lines(account.bank, account.account_id, NOW)
    assert len({line.line_id for line in lines}) == len(lines) > 14
    for line in lines:
        balance += line.amount_minor if line.direction == "CREDIT" else -line.amount_minor
        assert line.balance_after_minor == balance >= 0
    assert all((a.booked_at, a.line_id) < (b.booked_at, b.line_id) for a, b in pairwise(lines))


def test_settlements_are_the_net_of_their_items(world: SeededWorld) -> None:
    items = defaultdict(list)
    for item in world.gateway_items(NOW):
        assert item.credit == (item.amount - item.fee if item.type == "payment" else 0)
        assert item.debit == (item.amount if item.type == "refund" else 0)
        if item.settlement_id is not None:
            items[item.settlement_id].append(item)
    settlements = world.settlements(NOW)
    assert {s.settlement_id for s in settlements} == items.keys()
    off = 0
    for settlement in settlements:
        net = sum(item.credit - item.debit for item in items[settlement.settlement_id])
        assert settlement.amount > 0
        if settlement.amount != net:
            off += 1
            extra = settlement.fees - sum(item.fee for item in items[settlement.settlement_id])
            assert net - settlement.amount == extra > 0
    variances = [b for b in world.truth(NOW).breaks if b.type == "FEE_VARIANCE"]
    assert off == len(variances) > 0


def test_every_gateway_payment_is_a_payment_of_the_core_feed(world: SeededWorld) -> None:
    told = {record.reference: record.amount_minor for name in FEEDS for record in world.feed(name, NOW)}
    captured = [item for item in world.gateway_items(NOW) if item.type == "payment"]
    assert captured
    assert all(item.order_receipt in told for item in captured)


def test_truth_names_only_records_that_exist(world: SeededWorld) -> None:
    existing = {(name, record.record_id) for name in FEEDS for record in world.feed(name, NOW)}
    existing |= {("razorpay", f"razorpay-main:{item.entity_id}") for item in world.gateway_items(NOW)}
    for account in ACCOUNTS:
        lines = world.bank_lines(account.bank, account.account_id, NOW)
        existing |= {(account.bank, f"{account.account_id}:{line.line_id}") for line in lines}
    truth = world.truth(NOW)
    assert {member for label in (*truth.matches, *truth.breaks) for member in label.members} <= existing
    assert {found.type for found in truth.breaks} <= {str(kind) for kind in BreakType}


def test_truth_never_claims_a_record_twice(world: SeededWorld) -> None:
    truth = world.truth(NOW)
    for name in ("payments-three-way", "razorpay-settlements", "ledger-bank"):
        labels = [label for label in (*truth.matches, *truth.breaks) if label.reconciliation == name]
        claimed = Counter(member for label in labels for member in label.members)
        assert claimed and max(claimed.values()) == 1


def test_every_planted_type_is_there(world: SeededWorld) -> None:
    planted = {(found.reconciliation, found.type) for found in world.truth(NOW).breaks}
    three_way = {"MISSING_LEFT", "MISSING_RIGHT", "AMOUNT", "CURRENCY", "STATUS", "DUPLICATE", "TIMING"}
    settlements = {"MISSING_LEFT", "MISSING_RIGHT", "AMOUNT", "FEE_VARIANCE", "TIMING"}
    ledger = {"MISSING_LEFT", "MISSING_RIGHT", "AMOUNT", "AMBIGUOUS", "TIMING"}
    assert planted == {
        *(("payments-three-way", kind) for kind in three_way),
        *(("razorpay-settlements", kind) for kind in settlements),
        *(("ledger-bank", kind) for kind in ledger),
    }


def test_everything_fixed_is_booked_and_visible_before_the_end(world: SeededWorld) -> None:
    records = [record for name in FEEDS for record in world.feed(name, NOW + dt.timedelta(days=30))]
    assert all(record.booked_at <= record.visible_at < NOW for record in records)
    assert len(records) == sum(len(world.feed(name, NOW)) for name in FEEDS)


def test_nothing_is_visible_before_its_time(world: SeededWorld) -> None:
    earlier = NOW - dt.timedelta(days=7)
    for name in FEEDS:
        seen = world.feed(name, earlier)
        assert 0 < len(seen) < len(world.feed(name, NOW))
        assert all(record.visible_at <= earlier for record in seen)
    assert all(item.settled_at is None or item.settled_at <= earlier for item in world.gateway_items(earlier))


@pytest.mark.parametrize("hours", [1, 50, 200])
def test_a_watermark_is_kept(world: SeededWorld, hours: int) -> None:
    """What is booked before a certified time never turns up later."""
    then = NOW - dt.timedelta(hours=hours)
    through = world.complete_through(then)
    for name in FEEDS:
        before = {(r.record_id, r.revision) for r in world.feed(name, then)}
        after = {(r.record_id, r.revision) for r in world.feed(name, NOW) if r.booked_at < through}
        assert after <= before


def test_revisions_of_a_record_arrive_in_order(world: SeededWorld) -> None:
    revised = 0
    for name in FEEDS:
        arrivals = defaultdict(list)
        for record in sorted(world.feed(name, NOW), key=lambda record: record.visible_at):
            arrivals[record.record_id].append(record.revision)
        assert all(revisions == sorted(revisions) for revisions in arrivals.values())
        revised += sum(revisions[-1] > 0 for revisions in arrivals.values())
    assert revised > 0


def test_twins_in_the_ledger_cannot_be_told_apart(world: SeededWorld) -> None:
    entries = {record.record_id: record for record in world.feed("core", NOW)}
    twins = [match for match in world.truth(NOW).matches if match.label == "twin"]
    told = Counter()
    for match in twins:
        (entry,) = [entries[txn_id] for source, txn_id in match.members if source == "core"]
        told[entry.account_id, entry.booked_at, entry.amount_minor, entry.description, entry.reference] += 1
    assert told and set(told.values()) == {2}
